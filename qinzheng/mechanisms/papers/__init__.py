"""The papers of an approval (文书): written from its events, issued under a number, as PDF and as editable .docx.

``schema`` says what a paper is; ``facts`` what its placeholders stand for; ``composing`` makes the content; ``actions.issue``
records and seals it; ``queries`` gives it back; ``pdf`` and ``docx`` draw it.
"""
