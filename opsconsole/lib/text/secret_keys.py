"""Formats of keys, tokens and stored passwords that need no name beside them, as sources of re2's patterns (pure).

Each has a vendor's prefix, an alphabet and a length, as vendors and the published rules of secret scanners give them.
Lengths are lower bounds, because texts are cut. Publishable keys, such as Stripe's `pk_live_…`, are public.
"""

from __future__ import annotations

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# How each begins, for the quick search, and how it goes on: counted lengths in it would make that search ten times as
# slow.
_FORMATS = r"""
[sr]k_(?:live|test|prod)_ [[:alnum:]]{8,}
whsec_ [\w+/=-]{16,}
sk-[\w-]{16} [\w-]*
gh[pousr]_ [[:alnum:]]{16,}
github_pat_ \w{16,}
GR1348941 [\w-]{16,}
gl(?:pat|cbt|dt|ffct|ft|imt|agent|oas|ptt|rt|soat)- [\w-]{16,}(?:\.[0-9a-z]{9})?
xox[a-fo-s]- [[:alnum:]-]{8,}
xapp- [[:alnum:]-]{16,}
(?:AKIA|ASIA|ABIA|ACCA|A3T[0-9A-Z])[0-9A-Z] [0-9A-Z]{15}
(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz) [\w+/=%-]{16,}
ABSK [[:alnum:]+/]{60,}
bedrock-api-key- [[:alnum:]+/=]{16,}
amzn\.mws\. UUID
amzn1\.oa2-cs\.v1\. [0-9a-f]{16,}
AIza [\w-]{30,}
ya29\. [\w-]{16,}
GOCSPX- [\w-]{16,}
1//0 [\w-]{30,}
LTAI [[:alnum:]]{16,}
AQVN [\w-]{35,}
do[por]_v1_ [0-9a-f]{32,}
HRKU- [\w-]{32,}
f(?:o1|m1[ar]|m2)_ [\w+/=-]{40,}
tk-us- [\w-]{40,}
pul-[0-9a-f] [0-9a-f]{39}
hv[sbr]\. [\w-]{20,}
sha256~ [\w-]{43}
v1\.0-[0-9a-f] [0-9a-f]{23}-[0-9a-f]{60,}
SWMTKN-1- [0-9a-z-]{40,}
tskey-[a-z]{3,10}- [[:alnum:]-]{16,}
nvapi- [\w-]{40,}
nfp_ [[:alnum:]]{30,}
dapi[0-9a-f]{4} [0-9a-f]{28}
npm_ [[:alnum:]]{20,}
pypi- [\w-]{32,}
rubygems_ [0-9a-f]{40,}
CLOJARS_ [0-9a-z]{40,}
dckr_[po]at_ [\w-]{16,}
AKCp [[:alnum:]]{60,}
cmVmd [[:alnum:]]{59}
sq[upa]_[0-9a-f] [0-9a-f]{39}
sgp_ [[:alnum:]_]{40,}
CCI(?:PAT|PRJ)_ \w{16,}
bkua_ [0-9a-f]{40}
pnu_ [[:alnum:]]{36}
[ps]at\.[\w-]{20} [\w-]{2}\.[[:alnum:]]{24}\.[[:alnum:]]{20}
sbp_ [0-9a-f]{40}
sb_secret_ [\w-]{16,}
pscale_(?:tkn|pw|oauth)_ [\w=.-]{20,}
hf_ [[:alnum:]]{24,}
api_org_ [A-Za-z]{30,}
gsk_ [[:alnum:]]{40,}
r8_ [[:alnum:]]{30,}
xai- [[:alnum:]]{40,}
pplx- [[:alnum:]]{40,}
lsv2_[ps][tk]_ [0-9a-f_]{32,}
tvly- (?:dev-|prod-)?[[:alnum:]]{30,}
sq0[a-z]{3}- [\w-]{22,}
EAA[A-Z] [\w-]{56,}
IGQV [\w-]{60,}
shp(?:at|ca|pa|ss)_ [[:xdigit:]]{24,}
access_token\$ (?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}
FLWSECK (?:_TEST)?-[[:alnum:]]{12,}(?:-X)?
EZ[AT]K [[:alnum:]]{54}
shippo_(?:live|test)_ [[:xdigit:]]{40}
duffel_(?:test|live)_ [\w=-]{40,}
access-(?:sandbox|development|production)- UUID
SG\. [\w-]{16,}\.[\w-]{16,}
x(?:keys|smtps)ib- [0-9a-f]{40,}-[[:alnum:]]{16}
[0-9]{8,12}:AA [\w-]{32,}
AT[AC]TT3x [\w=-]{20,}
ATBB [[:alnum:]]{32}
pat[[:alnum:]]{14}\. [0-9a-f]{64}
ntn_ [[:alnum:]]{40,}
lin_(?:api|oauth)_ [[:alnum:]]{32,}
fig[du]_ [\w-]{32,}
pat-[a-z]{2}[0-9]- UUID
PMAK- [0-9a-f]{24}-[0-9a-f]{20,}
A3-[0-9A-Z]{6}- (?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}
ops_eyJ [[:alnum:]+/_-]{30,}=*
sl\. [\w=-]{100,}
fio-u- [\w=-]{60,}
tfp_ [\w.=-]{50,}
rdme_ [0-9a-z]{60,}
p8e- [[:alnum:]]{32}
NR(?:AK|II|AA|RA)- [[:alnum:]-]{25,}
gl(?:sa|c)_ [\w+/=]{24,}
eyJrIjoi [[:alnum:]]{40,}=*
phx_ [[:alnum:]]{40,}
sntry[us]_ [\w+/=-]{20,}
dt0[a-z][0-9]{2}\. [0-9A-Z]{24}\.[0-9A-Z]{40,}
dp\.(?:[a-z]{2}|scim|audit)\. [\w.-]{40,}
AGE-SECRET-KEY-1 [0-9A-Z]{30,}
dnkey- [\w=-]{26}-[\w=-]{40,}
eyJ[\w-]{8} [\w-]*\.[\w-]{8,}(?:\.[\w-]*)?
\$2[abxy]?\$ [0-9]{2}\$[./[:alnum:]]{30,}
\$(?:[156]|sha1|y|gy|7)\$ [./[:alnum:]=,]{1,40}\$[./[:alnum:]$]{20,}
\$[PH]\$ [./[:alnum:]]{31}
(?:pbkdf2|argon2|scrypt)[a-z_:0-9-]*\$ [\w+/=.,$-]{24,}
\{S?(?:SHA|MD5) (?:256|384|512)?\}[[:alnum:]+/]{20,}={0,2}
"""
# Formats that are told by what stands in their middle or at their end: that, and all of it.
_INNER = r"""
[0-9]Q~ [\w~.]{3}[0-9]Q~[\w~.-]{31}
\.atlasv1\. [[:alnum:]]{14}\.atlasv1\.[\w=-]{40,}
[0-9a-f]-us[0-9] [0-9a-f]{32}-us[0-9]{1,2}
_mmk\b [[:alnum:]]{6}_[[:alnum:]]{29}_mmk
"""
# Formats that stand alone only: in a longer word, or in a cache's key such as `page:key-…`, they are something else.
_WHOLE = r"""
key-[0-9a-f]{4} [0-9a-f]{28}
re_[[:alnum:]]{8}_ [[:alnum:]]{24}
API-[0-9A-Z]{8} [0-9A-Z]{18}
SK[0-9a-f]{4} [0-9a-f]{28}
4b1d[[:alnum:]]{4} [[:alnum:]]{34}
secret_[[:alnum:]]{4} [[:alnum:]]{39}
"""


def _pairs(formats: str) -> list[tuple[str, str]]:
    lines = formats.replace("UUID", _UUID).split()
    return list(zip(lines[::2], lines[1::2], strict=True))


_BEGUN, _MIDDLE, _ALONE = _pairs(_FORMATS), _pairs(_INNER), _pairs(_WHOLE)
# Wherever SHAPES or WHOLE_SHAPES match, HINTS does.
HINTS = (
    rf"(?:^|[^0-9A-Za-z])(?:{'|'.join(start for start, _ in _BEGUN + _ALONE)})"
    rf"|(?:{'|'.join(inner for inner, _ in _MIDDLE)})"
)
SHAPES = "|".join([start + rest for start, rest in _BEGUN] + [whole for _, whole in _MIDDLE])
WHOLE_SHAPES = "|".join(start + rest for start, rest in _ALONE)
