"""What must not be stored, and what must be, wherever it stands in an event.

In PLANTED texts `{secret}` stands for letters and digits, `{word}` for letters, `{token}` for a random token of 32.
"""

from __future__ import annotations

from typing import Any

# Texts with a secret, for every place of an event where text can stand.
PLANTED = [
    # names with a value
    "password={secret}",
    "login failed, password: {secret}",
    '{{"password": "{secret}", "n": 1}}',
    '{{"password": "{secret}',  # cut in the middle
    '{{\\"api_key\\": \\"{secret}\\"}}',
    "{{'passwords': ['{word}', '{secret}']}}",
    "<QueryDict: {{'password': ['{secret}']}}>",
    "user[password]={secret}&user[name]=ada",
    "%22password%22%3A%22{secret}%22",
    "password%3D{secret}",
    "stripe_key={secret}",
    "STRIPE_KEY: {secret}",
    "encryption_key = {secret}",
    "signing-key: {secret}",
    "session={secret}; theme=dark",
    "ci_session={secret}",
    "pw={secret}",
    "pw_hash={secret}",
    "password_hash={secret}",
    "db_pass={secret}",
    "pin_code={secret}",
    "otp={secret}",
    "sid={secret}",
    "refreshToken={secret}",
    "accesstoken={secret}",
    "AccountName=ops;AccountKey={secret}==;EndpointSuffix=core.windows.net",
    "Server=db;User Id=ops;Password={secret};",
    "map[password:{secret} user:ada]",
    "User(name='ada', password='{word}')",
    "config['SECRET_KEY'] = '{word}'",
    "auth=('ada', '{word}')",
    "mnemonic: legal winner thank year wave sausage worth useful legal winner thank {word}",
    "password == '{word}'",
    # pairs of a name and a value
    '{{"name": "password", "value": "{word}"}}',
    '{{"value": "{word}", "name": "password"}}',
    '{{"key": "stripe_key", "type": "text", "value": "{word}"}}',
    "{{'field': 'new-password', 'value': '{word}'}}",
    '<input type="password" name="password" value="{word}">',
    '<add key="apiKey" value="{word}"/>',
    '<property name="db.password">{word}</property>',
    "<db:password type='text'>{word}</db:password>",
    'Content-Disposition: form-data; name="password"\r\n\r\n{word}\r\n--boundary',
    "args ('password', '{word}')",
    # SQL
    "ALTER USER ada WITH ENCRYPTED PASSWORD '{word}'",
    "CREATE USER ada IDENTIFIED BY '{word}'",
    "SET PASSWORD FOR 'ada' = PASSWORD('{word}')",
    "UPDATE users SET password = '{word}' WHERE id = 7",
    "INSERT INTO users (name, password, age) VALUES ('ada', '{word}', 7)",
    # commands
    "curl -u ada:{word} https://api.example/v1",
    "curl --user ada:{word} https://api.example/v1",
    "curl -uada:{word} https://api.example/v1",
    "curl -H 'X-Api-Key: {word}' https://api.example/v1",
    "mysql -uroot -p{word} shop",
    "mysqldump -u root -p'{word}' shop",
    "mysql -u root -p {word} shop",
    "sshpass -p {word} ssh ops@host",
    "redis-cli -h cache -a {word} ping",
    "docker login -u ada -p {word} registry.example",
    "PGPASSWORD={word} psql -h db",
    "tool --password {word} --verbose",
    "tool --db-password={word}",
    "Command '['mysql', '-u', 'root', '-p{word}', 'shop']' returned non-zero exit status 1.",
    "Command '['tool', '--api-token', '{word}']' failed",
    # prose
    "the password is {word}",
    "password for ada is {word}.",
    "your new password is: {word}",
    "password changed to {secret}",
    "could not log in with password {secret}",
    "api key {secret}{secret} was refused",
    "the secret is {secret}",
    # headers and schemes
    "Authorization: Bearer {secret}",
    "got header Bearer {secret}",
    "Basic YWRtaW46{secret}==",
    "Cookie: theme=dark; sid={secret}",
    "Set-Cookie: sid={secret}; HttpOnly",
    # addresses
    "postgres://ops:{word}@db.example/shop",
    "https://app.example/callback?code={secret}&state=1",
    "https://app.example/callback?state=1&code=4/0A{secret}",
    "https://maps.example/js?key={token}",
    "https://app.example/x#access_token={secret}&n=1",
    "https://hooks.slack.com/services/T00000000/B00000000/{token}",
    "https://discord.com/api/webhooks/1234567890/{token}",
    "https://api.telegram.org/bot123456:{token}/sendMessage",
    "https://app.example/account/reset/{token}",
    "https://app.example/accounts/password/reset/key/1a-{token}/",
    "GET /preview/{token}/screen/1 failed",
    "not found: /verify-email/{token}",
]

# Texts whose secret is of a fixed form, with what must not be found.
FORMS = [
    ("4111 1111 1111 1111", "1111 1111"),
    ("4111-1111-1111-1111", "1111-1111"),
    ("card 4111.1111.1111.1111 refused", "1111.1111"),
    ("card 4111_1111_1111_1111", "1111_1111"),
    ("card 3782.822463.10005", "822463"),
    ("card 5555\u00a05555\u00a05555\u00a04444", "5555\u00a05555"),
    ("6011111111111117", "6011111111"),
    ("ssn 123-45-6789", "45-6789"),
    ("ssn 078 05 1120 of ada", "05 1120"),
    ("IBAN DE89 3704 0044 0532 0130 00", "0044 0532"),
    ("to GB82WEST12345698765432", "WEST12345698"),
    ("NL91 ABNA 0417 1643 00 PAID", "ABNA"),
    ("AT61 1904 3002 3457 3201 PAID NOW", "3002 3457"),
    ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("header YWRhOmh1bnRlcjI= sent", "YWRhOmh1bnRlcjI"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyj"),
    ("whsec_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyj"),
    ("glpat-4eC39HqLyjWDarjtT1zd", "4eC39HqLyj"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("hf_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyj"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk", "eyJzdWIiOiIx"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----", "MIIEowIBAA"),
]

# Names whose value is a secret, whatever it looks like.
NAMES = [
    *(
        "password",
        "PASSWORD",
        "new_password",
        "passwd",
        "pwd",
        "pw",
        "pw_hash",
        "passwordHash",
        "db_pass",
        "passphrase",
    ),
    *("secret", "client_secret", "token", "accessToken", "accesstoken", "refresh_token", "api_key", "X-Api-Key"),
    *("session", "sessions", "session_id", "session_key", "ci_session", "_myapp_session", "PHPSESSID", "sid"),
    *("stripe_key", "stripeKey", "sendgrid_key", "SendGridKey", "encryption_key", "encryptionKey", "signing_key"),
    *(
        "master_key",
        "ssh_key",
        "app_key",
        "hmac_key",
        "service_role_key",
        "license_key",
        "webhook_key",
        "AccountKey",
        "stripe_key_live",
    ),
    *("pin", "pin_code", "pinCode", "card_pin", "otp", "totp", "mfa_code", "recovery_code", "backup_codes"),
    *(
        "verification_code",
        "mnemonic",
        "wallet_mnemonic",
        "seed_phrase",
        "recoveryPhrase",
        "credentials",
        "private_key",
    ),
    *(
        "auth",
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "csrf_token",
        "jwt",
        "ssn",
        "cvv",
        "card_number",
        "iban",
    ),
    *("signature", "passkey", "passwort", "mot_de_passe", "X-Amz-Security-Token"),
]

# Source lines, in which only literals are secrets.
LINES = [
    'API_KEY = "{word}"',
    "stripe.api_key = '{word}'",
    'STRIPE_KEY: str = "{word}"',
    'if password == "{word}":',
    'subprocess.run("mysql -uroot -p{word} shop")',
    "cursor.execute(\"CREATE USER ada IDENTIFIED BY '{word}'\")",
    'requests.get(url, auth=("ada", "{word}"))',
    'url = "postgres://ops:{word}@db.example/shop"',
    'headers = {{"Authorization": "Bearer {secret}"}}',
    'post("https://hooks.slack.com/services/T00000000/B00000000/{token}")',
]

# Texts that are stored as they came.
HARMLESS = [
    *("order 1042 of ada", "order-1042", "ORD-2024-000123", "invoice 4111111111111112", "order 1234567890123456"),
    *("d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "commit 9fceb02 broke it"),
    *("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256:9f86d081884c7d65"),
    *("3f0c9b5e-1111-4222-8333-123456789012", "771a43a4192642f0b136d5159a501700", "span b0e6f15b45c36b12"),
    *("shop@1.42.0", "raptor@2024.11.3+build.77", "v10.2.3-rc.1", "django 5.2.8, python 3.11.7"),
    *("ISBN 978-3-16-148410-0", "9783161484100", "phone 555-12-34", "+49 30 901820", "ticket 123-456-7890"),
    *("1,234.56 EUR", "total 41.11111111111111", "0.4111111111111111", "2026-06-12T12:00:00.123456Z"),
    *("1718190000000", "10.0.0.1:5432", "2001:db8::8a2e:370:7334", "https://example.com/a:b@c"),
    *("https://shop.example/orders/1042?page=2&code=404", "?code=NOT_FOUND", "?code=90210"),
    "https://shop.example/products/9783161484100",
    "https://git.example/c/da39a3ee5e6b4b0d3255bfef95601890afd80709",
    *("https://shop.example/orders/3f0c9b5e-1111-4222-8333-123456789012", "/static/js/main.3f0c9b5e.js"),
    *("https://docs.example/guide/how-to-upgrade-to-django-5-2", "/reset/order-1042", "/password/reset/done"),
    *("beta_token_verifier: Console returned 403", "InvalidTokenError: Signature has expired", "KeyError: 'key'"),
    *("token is expired", "the password is too short", "password is required", "password must have 8 characters"),
    *("Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "the session: closed", "pass: 3, fail: 0"),
    *("(using password: YES)", "has_password=True token=None", "max_tokens=4096 prompt_tokens: 12"),
    *("monkey=7 turkey: 8", "session_count=4 pin_count=2", "status code is 404", "exit code: 137"),
    *("docker run -p 8080:80 nginx", "psql -p 5432", "a basic understanding of tokens", "the bearer of this"),
    *("INTERNAL_API_SECRET mismatch", "cache_key=user:7", "SELECT id, name FROM users WHERE id = 7"),
    *("INSERT INTO orders (id, state) VALUES (7, 'paid')", "12 345 67 8901 22", "primary_key=id sort_key: name"),
    *("GET /api/v1/orders/1042 200 12ms", "AB12CDEF3456", "DE89 3704 0044 0532 0130 01", "666-12-3456"),
    *("SKU AB-12-3456", "author: ada", "a dXNlcg== b", "public_key=id1", "keyboard: qwertz"),
]  # fmt: skip

# Names whose value is kept.
KEPT: dict[str, Any] = {
    "session_count": 4, "session_duration": 12.5, "pin_count": 2, "pinned": "yes", "code": 404, "status_code": "404",
    "error_code": "E1042", "monkey": "chimp", "key": "value7", "cache_key": "user:7", "primary_key": "id",
    "hash": "9fceb02", "commit_sha": "9fceb02", "order_id": "1042", "card_type": "visa", "token_count": 12,
    "max_tokens": 4096,
    "author": "ada", "authority": "root", "keyboard": "qwertz", "spin": "up", "passenger": "ada", "compass": "north",
    "country_code": "DE", "path": "/orders/1042", "public_key": "id1", "tokenizer": "bpe",
    "secretary_count": 1, "password_changed_at": "2026-06-12", "db_session": "open", "hostname": "web-1",
}  # fmt: skip

# Transactions that are stored as they came, and the route that is counted.
ROUTES = [
    ("/orders/{id}", "/orders/{id}"),
    ("/orders/1042", "/orders/{id}"),
    ("GET /orders/3f0c9b5e-1111-4222-8333-123456789012", "/orders/{uuid}"),
    ("/commits/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/commits/{hex}"),
    ("/posts/how-to-upgrade-to-django-5", "/posts/{token}"),
    ("/password/reset/done", "/password/reset/done"),
    ("/api/v2/session/count", "/api/v2/session/count"),
    ("/accounts/<int:pk>/token", "/accounts/<int:pk>/token"),
    ("shop.views.reset_password", "shop.views.reset_password"),
]
# Transactions with a token, and the route that is counted: the same as without scrubbing.
TOKEN_ROUTES = [
    ("/preview/{token}/screen/1", "/preview/{{token}}/screen/1"),
    ("GET /account/reset/{token}", "/account/reset/{{token}}"),
    ("/invite/3f0c9b5e-aaaa-4222-8333-123456789012", "/invite/{{uuid}}"),
    ("/verify/9f86d081884c7d659a2feaa0c55ad", "/verify/{{hex}}"),
    ("https://app.example/magic-link/{token}?next=/", "/magic-link/{{token}}"),
]
