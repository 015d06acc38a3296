"""Who someone is (`sts`), who there is (`identities`, and `api`, IAM's API over them), and who may
do what: the policy language (`policy`), what a call of an API is checked against (`actions`), every
call decided over (`enforcement`), and what it would come to (`simulation`)."""
