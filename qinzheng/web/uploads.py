"""Files of forms while they stream in: none is kept beyond the size that we take, none touches the disk unsealed.

Django calls the handler for every form; what is over the limit is thrown away piece by piece and marked, so that the page can
say so instead of breaking the connection.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from qinzheng.cases.attachments_checks import MOST_BYTES, too_large

MOST_FILES = 5
"""Of one form; further ones are thrown away and said to be too large."""


class LimitedUpload(InMemoryUploadedFile):
    """A file of a form; ``cut`` where more came than is taken."""

    cut = False


class Limited(FileUploadHandler):
    """Keeps the pieces in memory up to the limit."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.begun = 0
        self.pieces, self.size = BytesIO(), 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """The next file of the form."""
        super().new_file(*args, **kwargs)
        self.begun += 1
        self.pieces, self.size = BytesIO(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Count what came; keep it while it is not too much."""
        self.size += len(raw_data)
        if self.size <= MOST_BYTES and self.begun <= MOST_FILES:
            self.pieces.write(raw_data)
        else:
            self.pieces = BytesIO()

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        """The file, whole or cut."""
        self.pieces.seek(0)
        made = LimitedUpload(
            self.pieces, self.field_name, self.file_name, self.content_type, self.size, self.charset,
            self.content_type_extra,
        )  # fmt: skip
        made.cut = self.size > MOST_BYTES or self.begun > MOST_FILES
        return made


def content_of(given: UploadedFile[Any]) -> bytes:
    """The bytes of an uploaded file. Raises ``WrongFile`` where it was too large."""
    if getattr(given, "cut", False):
        raise too_large()
    content: bytes = given.read()
    return content
