"""The WSGI application that granian serves."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from qinzheng.operations import tied

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
server = multiprocessing.parent_process()
if server is not None and server.pid is not None and os.name == "posix":
    tied.watch(server.pid)  # a worker whose server was killed would keep the port
application = get_wsgi_application()
