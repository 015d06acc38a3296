"""Who someone is (`sts`), and who may do what: the policy language (`policy`), and what a call of
an API is checked against (`actions`)."""
