"""Takes the generated parts out of names of classes, functions and modules (pure).

Compilers, proxies, template engines and bundlers put numbers, hashes and addresses into names. They change with each
build, process or request, and parted events of one fault. Every pattern begins with a literal and has no nested or
adjacent repetitions over the same characters: linear time on any name.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Cut with all that they match. One alternation, so that a name without a mark of it is read once.
_CUT = re.compile(
    r"""
    # Java: CGLIB, Guice, Javassist, ByteBuddy, Hibernate, Mockito, Weld; com.shop.Cart$$EnhancerBySpringCGLIB$$1ebdddb0
      (?:\$\$?(?:(?:EnhancerBy|FastClassBy|KeyFactoryBy|BeanMapBy|MethodWrapperBy)[A-Za-z]{1,30}
            |[A-Za-z]{0,20}(?:CGLIB|Guice|SpringProxy))\$\$?[0-9a-fA-F]{1,32}(?:_\d{1,9})?)+
    | \$\$Owb[A-Za-z]{1,30}\d{0,9} | (?<=\$\$\$view)\d{1,9}
    | _?\$\$_(?:javassist|jvst|Weld)[A-Za-z0-9_]{0,60}
    | \$(?:ByteBuddy|HibernateProxy|HibernateInstantiator|MockitoMock|HibernateAccessOptimizer|auxiliary)\$[A-Za-z0-9]+
    | _(?:ClientProxy|Subclass)$
    # Lambdas and hidden classes of the JVM: Cart$$Lambda$14/0x0000000800c8d840, Cart$$Lambda/0x..., $r8$lambda$hash
    | (?<=\$\$Lambda)\$?\d{1,9}
    | (?<=r8\$lambda\$)[A-Za-z0-9_-]{8,40}
    | (?<=SyntheticLambda)\d{1,9}
    | [/.+]0x[0-9a-f]{4,16}(?![\w./-]) | /\d{4,16}(?![\w./-])
    # Reflection: GeneratedMethodAccessor12, $Proxy57, jdk.proxy2, lambda_method12
    | (?<=ConstructorAccessor)\d{1,9} | (?<=MethodAccessor)\d{1,9} | (?<=\$Proxy)\d{1,9} | (?<=jdk\.proxy)\d{1,9}
    | (?<=lambda_method)\d{1,9}
    | Proxies\\__CG__\\
    # Kotlin, Scala, Groovy, Java's anonymous classes and rollup: Cart$pay$1, lambda$pay$0, $anonfun$pay$2, render$1
    | \$_?\d{1,9}(?![A-Za-z0-9])
    | (?<=_closure)\d{1,9} | (?<=\$eval)\d{1,9} | (?<=access\$)\d{3}(?!\w)
    | (?<=^Script)\d{1,24}(?!\w)
    # C#: <PayAsync>d__12, <>c__DisplayClass5_0, <Pay>b__0, <Pay>g__Inner|5_0, <>f__AnonymousType0`2, CartProxy_1
    | (?<=DisplayClass)\d{1,9}(?:_\d{1,9})? | (?<=AnonymousType)\d{1,9} | \|\d{1,9}_\d{1,9} | (?<=Proxy)_\d{1,9}$
    | (?<=App_Web_)[a-z0-9]{8} | (?<=Version=)\d{1,9}(?:\.\d{1,9}){1,3}
    # Ruby's templates, Rails' callbacks, Clojure's and C#'s numbers: show_html_erb___2120936129398321466_69860, fn__12
    | (?<=__)-?\d{1,24}(?:[_-]\d{1,24})?(?![A-Za-z0-9]) | (?<=_)\d{5,24}(?=_)
    # Rust: ::h<16 hex>, core[<16 hex>]::, {closure#0}; _ZN..17h<hash>E
    | ::h[0-9a-f]{16}(?![0-9A-Za-z]) | (?<=17h)[0-9a-f]{16}(?=E) | \[[0-9a-f]{8,16}\] | (?<=\#)\d{1,9}(?=\})
    # C, C++, Swift, Objective-C: .llvm.123, .isra.0, $_0, closure #1 in, __26-[Cart total]_block_invoke_2
    | \.(?:llvm|isra|part|constprop|lto_priv|cold|clone|str)\.\d{1,24} | \.cold(?!\w)
    | (?<=closure[ ])\#\d{1,9} | ^_{2,3}\d{1,6}(?=[-+]\[) | (?<=_block_invoke)_?\d{1,9} | (?<=lambda)[\#-]?\d{1,9}(?!\w)
    | (?<=<lambda_)[0-9a-f]{16,64} | (?<=\)\#)\d{1,9}
    # Go: Total.func1.2, gowrap1, init.0, -range1, module versions
    | (?<=\.func)\d{1,9}(?:\.\d{1,9}){0,8} | (?<=wrap)\d{1,9}(?!\w) | (?<=\.init)\.\d{1,9} | -range\d{1,9} | -fm$
    | @v\d{1,9}\.[0-9A-Za-z.+-]{1,80} | (?<=shape\.int_)\d{1,9}
    # PHP: __TwigTemplate_<hash>, class@anonymous/path:3$0, {closure:/srv/x.php:12}, ContainerXa1b2C3\, CartGhost1a2b3c4
    | (?<=__TwigTemplate_)[0-9a-f]{16,64}(?:___\d{1,9})? | (?<=class@anonymous).{1,400}$ | (?<=@anonymous)\x00.{1,400}$
    | (?<=closure):(?:/|[A-Z]:\\)[^{}]{1,300}(?=\}) | :\d{1,9}(?=\}) | (?<=Container)[A-Za-z0-9]{7}(?=\\)
    | (?<=Ghost)[0-9a-f]{7}$ | (?<=Proxy)[0-9a-f]{7}$ | (?<=content_)[0-9a-f]{13,40}(?:_\d{6,12})?
    # Python, Perl, Elixir, Dart: <ipython-input-3-a1b2>, <decorator-gen-7>, (eval 12), -pay/2-fun-0-, _State@12345.f
    | (?<=<ipython-input)-\d{1,9}-[0-9a-f]{4,40} | (?<=-gen)-\d{1,9}(?=>)
    | (?<=\(eval)[ ]\d{1,9}(?=\)) | (?<=-fun)-\d{1,9}(?=-) | @\d{1,16}(?:-\d{1,9})?(?!\w)
    | (?<=eval_with_key>)\.\d{1,9}
    # JavaScript: _callee3$, _loop2, _this4
    | (?<=_callee)\d{1,9} | (?<=_loop)_?\d{1,9} | (?<=_this)\d{1,9}
    # Addresses and hashes anywhere
    | 0x[0-9a-fA-F]{4,16}(?![0-9A-Za-z]) | (?<![0-9A-Za-z])[0-9a-f]{32,64}(?![0-9A-Za-z])
    """,
    re.VERBOSE,
)
# What generated names have and few others: without it the alternation is not tried.
_MARKS = re.compile(r"[$\d@<]|_Subclass|_ClientProxy|__CG__|\.cold|-fm$")

_NAMELESS = {
    *("", "?", "??", "<anonymous>", "anonymous", "(anonymous)", "[anonymous]", "{anonymous}", "<lambda>", "lambda"),
    *("<unknown>", "unknown", "(unknown)", "<redacted>", "anonymous function", "<anonymous closure>", "__anon__"),
    *("global code", "eval code", "module code", "eval", "{closure}", "{{closure}}", "<fn>", "<none>", "null"),
    *("undefined", "<computed>", "_mh_execute_header", "<compiler-generated>"),
}
_ADDRESS = re.compile(r"(?:0x|sub_|fun_|___lldb_unnamed_symbol|unnamed_symbol)[0-9a-f$]+")

# JavaScript's receivers: V8 writes `Object.pay`, which says nothing, and `HTMLButtonElement.<anonymous>`.
_RECEIVERS = re.compile(
    r"Object|Function|Module|Proxy|[Ww]indow|global(?:This)?|self|this|exports|HTML\w{0,40}|XMLHttpRequest|EventTarget"
)
_QUALIFIERS = re.compile(r"(?:async |new |get |set |static |async\*)+")
_ALIAS = re.compile(r" \[as ([^\]\s]{1,200})\]$")
# Minifiers give the shortest free name: one or two characters, later three with a capital, a digit or a sign.
_MINIFIED = re.compile(r"[A-Za-z_$][\w$]?|[A-Za-z_$](?:[A-Z0-9_$][\w$]|[\w$][A-Z0-9_$])|#?\d+")


@lru_cache(maxsize=8192)
def without_generated(name: str) -> str:
    """The name without what was generated into it: `Cart$$EnhancerBySpringCGLIB$$1ebdddb0` -> `Cart`."""
    return _CUT.sub("", name) if _MARKS.search(name) else name


def nameless(function: str) -> bool:
    """Whether the name of a function says nothing: missing, anonymous or an address."""
    name = function.strip().lower()
    return name in _NAMELESS or _ADDRESS.fullmatch(name) is not None


def minified(name: str) -> bool:
    """Whether a name looks as minifiers make it; another build gives it to something else."""
    return _MINIFIED.fullmatch(name) is not None


def of_javascript(function: str) -> str:
    """The part of a JavaScript function's name that source code gave it; '' where there is none.

    `Object.t [as pay]` -> `pay`, `async Cart.total` -> `Cart.total`, `checkout/<` (Firefox) -> `checkout`, `n.e` -> ``.
    """
    name = function
    if alias := _ALIAS.search(name):
        name = alias.group(1)
    name = name.partition(" (")[0].rpartition("*")[2]
    if qualified := _QUALIFIERS.match(name):
        name = name[qualified.end() :]
    if "./" in name:  # webpack's module functions: Object../src/cart.js
        return name[name.index("./") :]
    name = next((part for part in reversed(name.split("/")) if part not in {"", "<"}), "")
    parts = [part.strip() for part in name.split(".")]
    return ".".join(
        part for part in parts if not (nameless(part) or minified(part) or _RECEIVERS.fullmatch(part) is not None)
    )
