"""Names whose values are secrets (pure). Compared by words: `xApiKey`, `X-Api-Key` and `x_api_key` are equal."""

from __future__ import annotations

import re

# What is stored as `<one of these>_key` is a secret; `primary_key`, `cache_key`, `public_key` and `key` are not.
KEYS_OF = (
    *("api", "secret", "private", "access", "stripe", "encryption", "encrypt", "encrypting", "decryption", "signing"),
    *("signature", "master", "auth", "authentication", "ssh", "gpg", "pgp", "hmac", "aes", "rsa", "session", "role"),
    *("service", "root", "admin", "sendgrid", "twilio", "openai", "anthropic", "mailgun", "postmark", "mailchimp"),
    *("github", "gitlab", "slack", "aws", "azure", "gcp", "google", "maps", "firebase", "deploy", "webhook", "account"),
    *("shared", "storage", "license", "subscription", "consumer", "client", "server", "app", "application", "bearer"),
    *("integration", "wallet", "seed", "vault", "kms", "fernet", "cipher", "crypto", "datadog", "pagerduty", "algolia"),
    *("paypal", "braintree", "adyen", "square", "plaid", "twitter", "facebook", "jwt", "token", "cookie", "tls", "ssl"),
)
# What is stored as `<one of these>_code` is a secret; `status_code`, `country_code` and `code` are not.
CODES_OF = (
    *("pin", "verification", "recovery", "backup", "otp", "mfa", "totp", "sms", "auth", "security", "passcode"),
    *("login", "access", "activation", "your"),
)
# Names that contain one of these, ignoring all but letters and digits.
ANYWHERE = (
    *(
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "kennwort",
        "motdepasse",
        "contrasena",
        "wachtwoord",
        "pswd",
        "katasandi",
    ),
    *("secret", "apikey", "authorization", "credential", "privatekey", "accesskey", "cookie", "csrf", "xsrf"),
    *("creditcard", "cardnumber", "cardcvc", "cardcvv", "sessionid", "sessionkey", "phpsessid", "connectsid"),
    *(
        "mnemonic",
        "seedphrase",
        "recoveryphrase",
        "backupphrase",
        "cardpin",
        "userpin",
        "atmpin",
        "simpin",
        "pincode",
        "onetimecode",
        "webhookurl",
    ),
)
# Names with one of these among their words.
WORDS = {
    *("token", "tokens", "pwd", "passcode", "ssn", "cvv", "cvc", "jwt", "bearer", "otp", "totp", "pw", "passkey"),
    *("iban", "senha", "parola", "heslo", "passord"),
}
# Names with one of these as last word: `db_pass`, but not `bypass` and `pass_rate`.
LAST = {"pass", "session"}
# Names whose last word ends so: `accesstoken`.
_ENDINGS = ("token", "tokens", "pwd")
# The password, key and token of other languages, in small letters: Spanish, French, Russian and Ukrainian, Chinese,
# Japanese, Korean, Hindi, Polish, Turkish, Vietnamese, Arabic, Persian, Swedish; PIN in Japanese. Portuguese, Czech,
# Norwegian, Indonesian and what is written without accents are among WORDS and ANYWHERE.
FOREIGN = (
    *(
        "contraseña",
        "mot_de_passe",
        "пароль",
        "токен",
        "密码",
        "密碼",
        "口令",
        "密钥",
        "密鑰",
        "令牌",
        "パスワード",
        "暗証番号",
    ),
    *(
        "비밀번호",
        "암호",
        "पासवर्ड",
        "hasło",
        "şifre",
        "mật khẩu",
        "كلمة المرور",
        "كلمة السر",
        "رمز عبور",
        "گذرواژه",
        "lösenord",
    ),
)
# Names that equal one of these.
WHOLE = {
    "auth",
    "pass",
    "pin",
    "sid",
    "sig",
    "signature",
    "xamzsignature",
    "xgoogsignature",
    "card",
    "xauth",
    "proxyauth",
    "sessions",
    "pinnumber",
}
# Last words of names that are no secrets: `beta_token_verifier` is a module, `token_count` a number.
_HARMLESS_LAST = {
    "verifier", "count", "counts", "type", "types", "limit", "usage", "budget", "expiry", "expires", "ttl", "name",
    "error", "status", "length", "valid", "manager", "policy", "consent", "banner", "required", "at", "age", "days",
    "hours", "minutes", "seconds", "second", "minute", "hour", "used", "remaining", "left", "cost", "price",
    "version", "enabled", "expired", "algorithm", "alg", "hasher", "validators",
}  # fmt: skip
# `max_tokens` and `db_session` are a number and an object.
_HARMLESS_BEFORE = {
    "tokens": {
        "max", "min", "total", "prompt", "completion", "input", "output", "cached", "used", "remaining", "num",
        "reasoning", "thinking", "audio", "image", "generated", "billed", "context",
    },
    "session": {"db", "orm", "sql", "http", "in", "new", "per"},
}  # fmt: skip
# In prose only these, as last words before a colon: `pass: 3`, `auth: down` and `session: closed` tell no secrets.
_IN_PROSE = (
    *("password", "passwd", "passphrase", "passwort", "kennwort", "pwd", "pswd", "secret", "token", "credential"),
    *("credentials", "sessionid", "phpsessid", "csrf", "xsrf", "jwt", "ssn", "cvv", "cvc", "passcode", "otp", "totp"),
    *("pincode", "mnemonic", "seedphrase", "recoveryphrase", "iban", "motdepasse", "contrasena", "wachtwoord", "senha"),
    *("parola", "heslo", "passord", "katasandi"),
    *(f"{kind}key" for kind in KEYS_OF),
    *(f"{kind}code" for kind in CODES_OF),
)
# Words after the secret's name: `password_hash`, `passwordConfirmation`, `password1`.
_SUFFIXES = {"hash", "confirmation", "confirm", "again", "repeat", "value", "plain", "raw", "text", "salt", "digest"}
_VARIANTS = {"live", "test", "prod", "old", "new", "base64", "hex"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def is_secret(name: str) -> bool:
    """Whether the value of this name is a secret. In any spelling: camelCase, dashes, underscores, spaces."""
    if is_foreign(name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST or _harmless(words):
        return False
    joined = "".join(words)
    if joined in WHOLE or any(part in joined for part in ANYWHERE):
        return True
    while len(words) > 1 and (words[-1] in _SUFFIXES or words[-1] in _VARIANTS or words[-1].isdigit()):
        del words[-1]
    if words[-1] in LAST or words[-1].endswith(_ENDINGS) or not WORDS.isdisjoint(words):
        return True
    return _is_of(words, KEYS_OF, "key") or _is_of(words, CODES_OF, "code")


def is_foreign(name: str) -> bool:
    """Whether the name is a secret's in a language whose words are not ASCII."""
    return not name.isascii() and any(word in name.lower() for word in FOREIGN)


def is_counted(name: str) -> bool:
    """Whether a number under this secret's name is an amount: `tokens`, `tokensOut`; of `pin` and `otp` it is none."""
    lower = name.lower()
    return "tokens" in lower and not is_secret(lower.replace("tokens", ""))


def is_secret_in_prose(name: str) -> bool:
    """Whether a text gives a secret where it says `name: …`; fewer names than `is_secret` has."""
    if is_foreign(name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _SUFFIXES or words[-1].isdigit()):
        del words[-1]
    return bool(words) and ("".join(words).endswith(_IN_PROSE) or words[-1] == "pw")


def _harmless(words: list[str]) -> bool:
    before = _HARMLESS_BEFORE.get(words[-1])
    return before is not None and len(words) > 1 and words[-2] in before


def _is_of(words: list[str], kinds: tuple[str, ...], last: str) -> bool:
    """Whether the name is a kind and `last`, as two or three words or one: `stripe_key`, `sendGridKeys`, `pincode`."""
    word = words[-1].removesuffix("s")
    if word == last:
        return len(words) > 1 and (words[-2] in kinds or "".join(words[-3:-1]) in kinds)
    return word.removesuffix(last) in kinds and word.endswith(last)
