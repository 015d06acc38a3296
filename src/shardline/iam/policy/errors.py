"""What is wrong with a policy document, in AWS's words, and where."""


class MalformedPolicy(ValueError):
    """A document that is no policy of its kind. `text` is AWS's sentence, where one is known.

    `place` says where: a path such as `Statement[0].Action`, or `line 3, column 14` of a document
    that is not JSON. AWS has no place in most of its sentences, so it is kept apart.
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(f"{text} ({place})" if place else text)
        self.text = text
        self.place = place
