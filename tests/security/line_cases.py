"""Lines of source with a secret, planted as in `secret_cases`, and without one."""

from __future__ import annotations

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
    'subprocess.run(["mysqldump", "--password={word}", "db"])',
    'cmd = ["psql", "--token", "{word}"]',
    'conn = f"user=x password={word}"',
    'headers = [("Authorization", "{word}")]',
    '[["X-Api-Key","{word}"]]',
    "db.execute(\"ALTER USER x PASSWORD '{word}'\")",
    'query = """UPDATE users SET password = \'{word}\'',
    'setPassword("{word}")',
    "user.check_password('{word}')",
    'key = SecretStr("{word}")',
    'config.set("password", "{word}")',
    'config.set("password", "{word}", ttl=3)',
    "const apiKey = `{word}`",
    'api_key ||= "{word}"',
    'const key = process.env.API_KEY || "{word}"',
    'key = os.environ.get("API_KEY") or "{word}"',
    'getenv("API_KEY", "{word}")',
    'password = """{word}"""',
    'api_key = f"{word}"',
    'define("DB_PASSWORD", "{word}");',
    '{{"session": "{word}"}}',
    'curl_setopt($c, HEADERS, ["Authorization: Token {word}"]);',
    'post("https://hooks.slack.com/services/T00000000/B00000000/{token}")',
]

# Source lines that are stored as they came.
PLAIN_LINES = [
    *('token = request.headers["X"]', 'f"password={password} token=%s"', "`token=${token}`", "pin = read_pin()"),
    *('raise ValueError("password is required")', 'fields = ("username", "password", "email")', 'x = getToken("user")'),
    *('"SELECT token FROM users WHERE token = %s"', 'path("reset/<token>/", view)', "if not token or len(token) < 3:"),
    *('headers = {"Authorization": f"Bearer {token}"}', "raise AuthError('token: %s', token)", "api_key ||= read()"),
    *('password = forms.CharField(label="Password")', 'fields = ["password", "token"]', '"token": self.token,'),
    *('setPassword(form["password"])', 'getenv("API_KEY", default)', '["--password", "--token"]', "login(a, b=b)"),
]  # fmt: skip
