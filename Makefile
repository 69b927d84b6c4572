# 勤政 Qinzheng. 只需 git、make 与 Python 3.11+；其余由 scripts/bootstrap.py 准备。
# git, make and Python 3.11+ are enough; scripts/bootstrap.py makes the rest.

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest
PARALLEL := -n logical --maxprocesses=8
BENCHMARKS ?= $(filter-out __init__ visitors applying intake peers,$(basename $(notdir $(wildcard benchmarks/*.py))))

# 系统自带的 PostgreSQL（若有）也跑账本、时限、办件的测试。
# Where the system has a PostgreSQL of its own, ledger, clock and case tests run on it too.
SYSTEM_POSTGRES := $(wildcard /usr/lib/postgresql/*/bin/pg_ctl)
ON_BOTH := $(wildcard tests/unit/ledger tests/unit/clocks tests/unit/cases)

.DEFAULT_GOAL := help
.PHONY: help setup run sample test test-system-postgres check lint types layers definitions coverage bench docs bundle screenshots clean

help: ## 列出这些目标 · list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## 准备环境，无变化时立即返回 · make the environment, at once when nothing changed
	@$(PYTHON) scripts/bootstrap.py

run: setup ## 打开一座运转中的虚构城市 · open a fictional city at work (PORT, SCALE)
	@QINZHENG_DEMO=1 $(BIN)/qinzheng up

sample: setup ## 生成样本、监察、给出报告，不用数据库 · simulate a sample, supervise it, show the report; no database
	@$(BIN)/qinzheng demo

test: setup test-system-postgres ## 全部测试 · every test
	$(PYTEST) $(PARALLEL)

test-system-postgres: setup # exit code 5: no test there needs a database
ifneq ($(and $(SYSTEM_POSTGRES),$(ON_BOTH)),)
	QINZHENG_TEST_PG=system $(PYTEST) -q -m django_db $(ON_BOTH) || test $$? -eq 5
endif

check: lint types layers definitions coverage ## 一切检查，测试与核心覆盖率 · every check, tests and coverage of the core

lint: setup ## 代码风格 · style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## 类型 · types
	$(BIN)/mypy

layers: setup ## 分层 · imports go down only
	$(BIN)/lint-imports

definitions: setup ## 定义自检 · the definitions check themselves
	$(BIN)/qinzheng definitions check

coverage: setup ## 测试与核心覆盖率 · tests, and coverage of the core
	$(PYTEST) $(PARALLEL) --cov --cov-report=term

bench: setup ## 性能与演练，可选 BENCHMARKS=kernel · figures and drills
	@for each in $(BENCHMARKS); do echo "== $$each"; $(BIN)/python -m benchmarks.$$each || exit 1; done

docs: setup ## 生成 docs/reference · generate docs/reference
	$(BIN)/python scripts/reference.py

bundle: setup ## 断网安装包 dist/*.tar · one archive that installs without a network
	$(BIN)/python -m scripts.bundle

screenshots: setup ## 页面截图到 docs/screenshots · pictures of the pages (needs Chromium)
	$(BIN)/python -m scripts.screenshots
	$(PYTEST) -q tests/browser/test_story_restaurant.py --pictures docs/screenshots

clean: ## 删除环境与缓存（不动 var/ 中的数据）· remove environment and caches, never the data in var/
	rm -rf .venv .bootstrap .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage htmlcov
