"""Referrals of a partnership by district, before and after its districts were reached."""
