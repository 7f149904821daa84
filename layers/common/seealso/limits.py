"""Every ceiling of what may be sent, stored and listed, once.

Limits of one GraphQL request are parameters of the stack and live in graphql/settings.py.
"""

from typing import Final

# ---- ids -------------------------------------------------------------------------------------

MAX_ID: Final = 2**31 - 1  # of articles and domains: GraphQL's Int, and contract.md

# ---- articles --------------------------------------------------------------------------------

MAX_ARTICLE_TITLE: Final = 300  # code points
# Bytes of UTF-8. With the longest title it stays far below the 400 KB of an item
# (AWS "Service, account, and table quotas in Amazon DynamoDB").
MAX_TEXT_BYTES: Final = 300 * 1024

# Articles on a page: of the same domain, and of other domains.
SAME_DOMAIN: Final = 8
OTHER_DOMAINS: Final = 3

# ---- links -----------------------------------------------------------------------------------

MAX_LINK_TITLE: Final = 200  # code points
MAX_REASON: Final = 500  # code points of an editor's reason
MAX_URL_BYTES: Final = 2048  # of submitted URLs and of sites' article URLs

# ---- sites -----------------------------------------------------------------------------------

MAX_SITE_NAME: Final = 200  # code points
MAX_CAP: Final = 20  # places on a page
MAX_DAYS: Final = 36500
MAX_RECHECK_DAYS: Final = 90  # until a published link is checked again
# Bytes of a list's names together: a site has two lists and must stay within an item.
MAX_HOSTS_BYTES: Final = 150 * 1024

# ---- requests and answers --------------------------------------------------------------------

MAX_BODY_BYTES: Final = 8 * 1024
# Of a page's form: room for what is too long for its fields, so that it comes back to be corrected.
MAX_FORM_BYTES: Final = 256 * 1024
# A string of 300 KB may have each of its bytes written as six.
MAX_ARTICLE_BODY_BYTES: Final = 2 * 1024 * 1024
MAX_SITE_BODY_BYTES: Final = 512 * 1024
# Of the desk's forms. Each byte may be written as three; a request to Lambda has at most 6 MB.
MAX_DESK_FORM_BYTES: Final = 2 * 1024 * 1024
MAX_JSON_DEPTH: Final = 32
MAX_DIGITS: Final = 20  # of a JSON number: more than any field can hold
MAX_SHOWN_NAME: Final = 64  # characters of an unknown field's name in an answer
MAX_FIELD_ERRORS: Final = 20  # in one answer, which says how many more there are
MAX_LISTED: Final = 100  # members of one page of a list
MAX_USER_NAME: Final = 128  # characters, in Cognito
# The audit tells a recovery what not to bring back. Point-in-time recovery goes back 35 days (AWS,
# "Enable point-in-time recovery in DynamoDB"), and a recovery itself takes hours.
MIN_AUDIT_DAYS: Final = 36
MAX_AUDIT_VALUE_BYTES: Final = 1024  # of JSON; of longer values the audit keeps size and SHA-256
