"""Names of uploaded files arrive as they were sent, and those that are not shown as written are refused."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from bootstrap.importer.forms import ImportForm
from bootstrap.systems.forms import ManifestForm
from opsconsole.lib.web.upload_names import check_name

LARGE = 3 * 1024 * 1024  # bytes; beyond 2.5 MB Django makes a temporary file


def upload(name: str, size: int = 3, parameter: str = "filename") -> HttpRequest:
    """A form with the field `text` and a file of that name."""
    head = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n--x\r\n'
    quoted = f'"{name}"' if parameter == "filename" else name
    head += f'Content-Disposition: form-data; name="file"; {parameter}={quoted}\r\n\r\n'.encode()
    return RequestFactory().generic(
        "POST", "/", head + b"y" * size + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
    )


@pytest.mark.parametrize("size", [3, LARGE])
@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("a.txt", "a.txt"),
        ("../b/a b.txt", "a b.txt"),
        (r"C:\\b\\a.txt", "a.txt"),
        ("\u202egnp.exe", "\u202egnp.exe"),
        ("&#x202e;gnp.exe", "\u202egnp.exe"),
        ("a\0.tx\0t", "a\ufffd.tx\ufffdt"),
        ("a\x1b[2J.txt", "a\x1b[2J.txt"),
        ("9.41\u202fAM.png", "9.41\u202fAM.png"),
    ],
)
def test_names_arrive_as_they_were_sent(sent: str, arrives: str, size: int) -> None:
    request = upload(sent, size)
    file = request.FILES["file"]
    assert (file.name, file.size, request.POST["text"]) == (arrives, size, "hello")


def test_encoded_names_too() -> None:
    assert upload("utf-8''%E2%80%AEgnp.exe", parameter="filename*").FILES["file"].name == "\u202egnp.exe"
    assert upload("utf-8''%FF.exe", parameter="filename*").FILES["file"].name == "\ufffd.exe"


@pytest.mark.parametrize("sent", ["..", "a/", "."])
def test_what_is_no_name_is_no_file(sent: str) -> None:
    assert not upload(sent).FILES


@pytest.mark.parametrize("name", ["a.txt", "Prüfung (2).pdf", "测试.log", "9.41\u202fAM.png", "👩\u200d💻.png"])
def test_usual_names_are_taken(name: str) -> None:
    check_name(SimpleUploadedFile(name, b""))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("\u202egnp.exe", r"\u202egnp.exe has marks in its name that reverse how it reads; rename it."),
        ("a\x00b", r"a\u0000b has characters in its name that cannot be shown; rename it."),
        ("a\ufffd.md", r"a\ufffd.md has characters in its name that cannot be shown; rename it."),
        ("a\nb.md", r"a\u000ab.md has characters in its name that cannot be shown; rename it."),
        ("a\x9b2J", r"a\u009b2J has characters in its name that cannot be shown; rename it."),
    ],
)
@pytest.mark.parametrize("form", [ImportForm, ManifestForm])
def test_others_are_refused_by_name(name: str, says: str, form: type[ImportForm] | type[ManifestForm]) -> None:
    file = UploadedFile(name=name, size=4)
    with pytest.raises(ValidationError) as refusal:
        check_name(file)
    assert refusal.value.messages == [says]
    refused = form({}, {"file": file})
    assert dict(refused.errors) == {"file": [says]}
