"""stub"""
HONEYPOT = "company_fax"
def consent_of(tag: str) -> dict[str, str]:
    return {"version": "1", "language": "en", "has_right_to_share": "I confirm that I have the right to share this link.", "agrees_to_link_back": "I agree to link back to this article from the submitted page.", "rule": "Duplicate URLs are rejected. Up to {cap} links per page."}
