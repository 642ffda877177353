"""The yardstick: what functions-framework costs when a function does nothing."""

import flask


def handle(request: flask.Request) -> flask.Response:
    request.get_data()
    return flask.Response(b"", 200)
