"""One made-up key for each format that `secret_keys` knows, and what looks like one."""

from __future__ import annotations

_MIXED, _HEX, _UUID = "a1B2c3D4e5" * 20, "0a1b2c3d4e5f" * 20, "3f0c9b5e-1111-4222-8333-123456789abc"
# The prefix, and what follows it.
_PREFIXED = [
    *(("sk_live_", _MIXED[:24]), ("rk_test_", _MIXED[:24]), ("sk-ant-api03-", _MIXED[:93]), ("gho_", _MIXED[:36])),
    *(("GR1348941", _MIXED[:20]), ("gldt-", _MIXED[:20]), ("glrt-", _MIXED[:20]), ("glcbt-1_", _MIXED[:20])),
    *(("xoxc-", "123456789012-abcdef"), ("ABIA", "IOSFODNN7EXAMPLE"), ("IQoJb3JpZ2luX2Vj", _MIXED[:80])),
    *(("FwoGZXIvYXdz", _MIXED[:80]), ("FQoGZXIvYXdz", _MIXED[:80]), ("ABSK", _MIXED[:110]), ("amzn.mws.", _UUID)),
    *(("bedrock-api-key-", _MIXED[:60]), ("amzn1.oa2-cs.v1.", _HEX[:64]), ("1//0", _MIXED[:60]), ("LTAI", _MIXED[:20])),
    *(("AQVN", _MIXED[:36]), ("dor_v1_", _HEX[:64]), ("doo_v1_", _HEX[:64]), ("HRKU-", _MIXED[:60])),
    *(("HRKU-AA", _MIXED[:58]), ("fo1_", _MIXED[:43]), ("fm2_", _MIXED[:110]), ("tk-us-", _MIXED[:48])),
    *(("pul-", _HEX[:40]), ("hvr.", _MIXED[:90]), ("sha256~", _MIXED[:43]), ("v1.0-" + _HEX[:24] + "-", _HEX[:146])),
    *(("SWMTKN-1-", _HEX[:50] + "-" + _HEX[:25]), ("tskey-auth-", _MIXED[:12] + "-" + _MIXED[:30])),
    *(("nvapi-", _MIXED[:64]), ("nfp_", _MIXED[:36]), ("dapi", _HEX[:32]), ("rubygems_", _HEX[:48])),
    *(("CLOJARS_", _HEX[:60]), ("dckr_oat_", _MIXED[:27]), ("AKCp", _MIXED[:69]), ("cmVmd", _MIXED[:59])),
    *(("squ_", _HEX[:40]), ("sgp_", _HEX[:40]), ("CCIPAT_", _MIXED[:22] + "_" + _HEX[:40]), ("bkua_", _HEX[:40])),
    *(("pnu_", _MIXED[:36]), ("pat.", f"{_MIXED[:22]}.{_MIXED[:24]}.{_MIXED[:20]}"), ("sbp_", _HEX[:40])),
    *(("sb_secret_", _MIXED[:31]), ("pscale_tkn_", _MIXED[:43]), ("pscale_pw_", _MIXED[:43])),
    *(("pscale_oauth_", _MIXED[:43]), ("gsk_", _MIXED[:52]), ("r8_", _MIXED[:37]), ("xai-", _MIXED[:80])),
    *(("pplx-", _MIXED[:48]), ("lsv2_pt_", _HEX[:32] + "_" + _HEX[:10]), ("tvly-dev-", _MIXED[:32])),
    *(("sq0atp-", _MIXED[:22]), ("sq0csp-", _MIXED[:43]), ("EAAC", _MIXED[:160]), ("EAAAE", _MIXED[:59])),
    *(("IGQV", _MIXED[:120]), ("access_token$production$", _HEX[:16] + "$" + _HEX[:32]), ("EZAK", _MIXED[:54])),
    *(("FLWSECK_TEST-", _MIXED[:32] + "-X"), ("shippo_live_", _HEX[:40]), ("duffel_test_", _MIXED[:43])),
    *(("access-production-", _UUID), ("xkeysib-", _HEX[:64] + "-" + _MIXED[:16]), ("123456789:AA", _MIXED[:33])),
    *(
        ("ATATT3x", _MIXED[:186]),
        ("ATCTT3x", _MIXED[:186]),
        ("ATBB", _MIXED[:32]),
        ("pat" + _MIXED[:14] + ".", _HEX[:64]),
    ),
    *(("ntn_", "12345678901" + _MIXED[:35]), ("lin_api_", _MIXED[:40]), ("lin_oauth_", _MIXED[:40])),
    *(("figd_", _MIXED[:40]), ("pat-na1-", _UUID), ("pat-eu1-", _UUID), ("PMAK-", _HEX[:24] + "-" + _HEX[:34])),
    *(("A3-ASWWYB-", "798JRYLJVD4-23DC2-86TVM-H43EB"), ("ops_eyJ", _MIXED[:200]), ("sl.", _MIXED[:135])),
    *(("fio-u-", _MIXED[:64]), ("tfp_", _MIXED[:59]), ("rdme_", _HEX[:70]), ("p8e-", _MIXED[:32])),
    *(("NRAK-", _MIXED.upper()[:27]), ("NRII-", _MIXED[:32]), ("glc_", _MIXED[:60]), ("eyJrIjoi", _MIXED[:70])),
    *(("phx_", _MIXED[:43]), ("dt0c01.", _MIXED.upper()[:24] + "." + _MIXED.upper()[:64]), ("dp.pt.", _MIXED[:43])),
    *(
        ("dp.st.prd.", _MIXED[:43]),
        ("AGE-SECRET-KEY-1", _MIXED.upper()[:58]),
        ("dnkey-", _MIXED[:26] + "-" + _MIXED[:52]),
    ),
    *(("$2b$12$", _MIXED[:53]), ("$2a$10$", _MIXED[:53]), ("$6$rounds=5000$", "saltsalt$" + _MIXED[:86])),
    *(("$y$", "j9T$saltsaltsalt$" + _MIXED[:43]), ("$P$", _MIXED[:31]), ("{SSHA}", _MIXED[:38] + "==")),
    *(("pbkdf2_sha256$", "870000$saltsalt$" + _MIXED[:43] + "="), ("pbkdf2:sha256:600000$", "salt$" + _HEX[:64])),
    *(
        ("$argon2id$", "v=19$m=65536,t=3,p=4$saltsalt$" + _MIXED[:43]),
        ("argon2$", "argon2id$v=19$m=1,t=2$c2FsdA$" + _MIXED[:30]),
    ),
    *(("scrypt$", "salt$16384$8$1$" + _MIXED[:86] + "=="), ("scrypt:32768:8:1$", "salt$" + _HEX[:128])),
    *(("key-", _HEX[:32]), ("re_", _MIXED[:8] + "_" + _MIXED[:24]), ("API-", _MIXED.upper()[:26]), ("SK", _HEX[:32])),
    *(("4b1d", _MIXED[:38]), ("secret_", _MIXED[:43]), (_MIXED[:4] + "Q~", _MIXED[:34])),
    *((_MIXED[:14] + ".atlasv1.", _MIXED[:67]), (_HEX[:32], "-us12"), (_MIXED[:6] + "_", _MIXED[:29] + "_mmk")),
]
KEYS = [prefix + rest for prefix, rest in _PREFIXED]

# Identifiers, prefixes and hashes that are no keys.
NO_KEYS = [
    *("re_compile_everything_at_once", "core_abcdefgh_abcdefghijklmnopqrstuvwx", "dp.pt.x", "gsk_config", "sbp_client"),
    *("page:key-d41d8cd98f00b204e9800998ecf8427e", "cache-key-d41d8cd98f00b204e9800998ecf8427e"),
    *("xai-client v1", "r8_test"),
    *("pat-na1-region", "hasher pbkdf2_sha256 and argon2id", "scrypt:32768", "costs $2 and $5"),
    *("web-us1 db-us12", "key-1042"),
    *("4b1dbe0a52c7a3b39d8df5e3b3b7b6b84b1dbe0a52c7a3b39d8df5e3b3b7b6b8", "figd_plugin", "ntn_sync", "EAAC"),
    *("lin_api_v2"),
    *("pk_live_abcdefgh12345678", "public_key: pk_live_abcdefgh12345678", "SKU-100", "API-GATEWAY"),
    *("sl.header", "dapi/v1"),
]  # fmt: skip
