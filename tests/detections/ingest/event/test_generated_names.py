"""What compilers, proxies and bundlers put into names goes whole; what a person wrote stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.generated_names import minified, nameless, of_javascript, without_generated
from detections.ingest.event.source_files import is_url, stable_file, without_build_hash


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        # JVM: proxies, lambdas, reflection, anonymous classes
        ("com.shop.Cart$$EnhancerBySpringCGLIB$$1ebdddb0", "com.shop.Cart"),
        ("com.shop.Cart$$SpringCGLIB$$0", "com.shop.Cart"),
        ("com.shop.Cart$$EnhancerByGuice$$ae46b1bf$$FastClassByGuice$$caceacd2", "com.shop.Cart"),
        ("com.shop.Cart$$FastClassBySpringCGLIB$$ae46b1bf", "com.shop.Cart"),
        ("com.shop.Cart_$$_javassist_seam_74", "com.shop.Cart"),
        ("Cart_$$_jvstb5f_1", "Cart"),
        ("Cart$$OwbNormalScopeProxy0", "Cart"),
        ("Cart$$EnhancerByMicronaut$$ae46b1bf", "Cart"),
        ("com.shop.Cart$$Lambda$14.0x00007f0123456789", "com.shop.Cart$$Lambda"),
        ("Cart$HibernateProxy$k2Jd9aKq", "Cart"),
        ("Cart$ByteBuddy$a1B2c3D4", "Cart"),
        ("com.sun.proxy.$Proxy123", "com.sun.proxy.$Proxy"),
        ("jdk.proxy2.$Proxy57", "jdk.proxy.$Proxy"),
        ("com.shop.Cart$$Lambda$14/0x0000000800c8d840", "com.shop.Cart$$Lambda"),
        ("com.shop.Cart$$Lambda/0x00007f0123456789", "com.shop.Cart$$Lambda"),
        ("com.shop.Cart$$Lambda$123/1234567", "com.shop.Cart$$Lambda"),
        ("java.lang.invoke.LambdaForm$MH/0x0000000800066840", "java.lang.invoke.LambdaForm$MH"),
        ("lambda$checkout$0", "lambda$checkout"),
        ("checkout$lambda-3", "checkout$lambda"),
        ("Cart$checkout$2$1", "Cart$checkout"),
        ("jdk.internal.reflect.GeneratedMethodAccessor123", "jdk.internal.reflect.GeneratedMethodAccessor"),
        ("sun.reflect.GeneratedSerializationConstructorAccessor9",
         "sun.reflect.GeneratedSerializationConstructorAccessor"),
        ("Cart$$ExternalSyntheticLambda12", "Cart$$ExternalSyntheticLambda"),
        ("$anonfun$checkout$1$adapted", "$anonfun$checkout$adapted"),
        ("shop.cart$checkout$fn__1234", "shop.cart$checkout$fn__"),
        ("Cart$_checkout_closure1", "Cart$_checkout_closure"),
        # .NET
        ("Shop.Cart+<PayAsync>d__12", "Shop.Cart+<PayAsync>d__"),
        ("<>c__DisplayClass5_0", "<>c__DisplayClass"),
        ("<Total>b__5_0", "<Total>b__"),
        ("<Total>g__Inner|5_0", "<Total>g__Inner"),
        ("Castle.Proxies.CartProxy_1", "Castle.Proxies.CartProxy"),
        ("pay@42-1", "pay"),
        ("_Lambda$__12-1", "_Lambda$__"),
        # Ruby, PHP, Python, Elixir, Dart
        ("_app_views_carts_show_html_erb___2120936129398321466_69860", "_app_views_carts_show_html_erb___"),
        ("block in _app_views_carts_show_html_erb__212093_69860", "block in _app_views_carts_show_html_erb__"),
        ("_run__2736428__process_action__callbacks", "_run____process_action__callbacks"),
        ("__TwigTemplate_0123456789abcdef0123456789abcdef___1", "__TwigTemplate_"),
        ("class@anonymous/srv/app/x.php:12$3f", "class@anonymous"),
        (r"{closure:App\Cart::total():12}", r"{closure:App\Cart::total()}"),
        (r"ContainerXa1b2C3\getCart", r"Container\getCart"),
        (r"Proxies\__CG__\App\Cart", r"App\Cart"),
        ("<ipython-input-3-ab12cd34>", "<ipython-input>"),
        ("-pay/2-fun-0-", "-pay/2-fun-"),
        ("_CartState@12345678.build", "_CartState.build"),
        # Rust, Go, C, Swift, Objective-C
        ("shop::cart::total::h1a2b3c4d5e6f7a8b", "shop::cart::total"),
        ("core[4f5a1b2c3d4e5f60]::ops", "core::ops"),
        ("main.(*Cart).Total.func1.2", "main.(*Cart).Total.func"),
        ("github.com/acme/shop@v1.2.3/cart", "github.com/acme/shop/cart"),
        ("total.llvm.1234567890", "total"),
        ("total.isra.0", "total"),
        ("closure #1 in Cart.total()", "closure  in Cart.total()"),
        ("__26-[Cart total]_block_invoke_2", "-[Cart total]_block_invoke"),
        # JavaScript
        ("_callee3$", "_callee$"),
        ("render$1", "render"),
    ],
)  # fmt: skip
def test_generated_parts_go_whole(name: str, stays: str) -> None:
    assert without_generated(name) == stays
    assert without_generated(stays) == stays


@pytest.mark.parametrize("name", ["step1", "handleV2", "sha256", "x2y", "utf8_decode", "get_oauth2", "-[Cart total]",
                                  r"App\Cart::total", "com.shop.v2.Cart", "Cart$Inner", "access$handle",
                                  "std::vector<int>",
                                  "operator<<", "Cart#total", "block (2 levels) in total", "<module>", "Total[...]",
                                  "feed", "total/2", "shop.views.level_100_test"])  # fmt: skip
def test_what_a_person_wrote_stays(name: str) -> None:
    assert without_generated(name) == name


@pytest.mark.parametrize(
    ("function", "stays"),
    [
        ("Object.t [as checkout]", "checkout"),
        ("async Cart.total", "Cart.total"),
        ("checkout/<", "checkout"),
        ("setTimeout handler*checkout", "checkout"),
        ("Promise.all (index 0)", "Promise.all"),
        ("Object../src/cart.js", "./src/cart.js"),
        ("new Cart", "Cart"),
        ("t.value", "value"),
        ("sum", "sum"),
        *((name, "") for name in ("n.e", "e", "tZe", "4821", "Module.4821", "HTMLButtonElement.<anonymous>", "")),
    ],
)
def test_names_of_javascript(function: str, stays: str) -> None:
    assert of_javascript(function) == stays


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("index-BfX9k2Qp.js", "index.js"),
        ("index-Bf_9k-Qp.js", "index.js"),
        ("app-k3jd9s2l.mjs", "app.mjs"),
        ("chunk-7XQ2KJ3P.js", "chunk.js"),
        ("main.8f2a1c3d.chunk.js", "main.chunk.js"),
        ("polyfills-5CFQRCPP.js", "polyfills.js"),
        ("runtime-es2015.0dae8cbc97194c7caed4.js", "runtime-es2015.js"),
        ("0123456789abcdef0123456789abcdef.php", "0123456789abcdef0123456789abcdef.php"),
        *((name, name) for name in ("shop-checkout.js", "MyButton.js", "OrderApi.js", "my-Modal.js", "user-settings.js",
                                    "sha256.js", "0001_initial.py", "show.html.erb", "Cart.java", "index.esm.js")),
    ],
)  # fmt: skip
def test_hashes_of_builds(name: str, stays: str) -> None:
    assert without_build_hash(name) == stays


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("/srv/releases/20260612120000/app/carts/show.rb", "carts/show.rb"),
        ("webpack:///./src/cart/index.tsx?a1b2", "cart/index.tsx"),
        ("vendor/gems/rack-2.2.3/rack.rb", "rack/rack.rb"),
        (r"C:\shop\Cart.cs", "shop/Cart.cs"),
        ("app:///main.jsbundle", "main.jsbundle"),
        ("storage/views/0123456789abcdef0123456789abcdef01234567.php", "views/.php"),
        ("<anonymous>", ""),
        ("[native code]", ""),
        ("/srv/cache/twig/0a/0a1b2c3d4e5f60718293a4b5c6d7e8f9.php", "twig/.php"),
    ],
)
def test_files_of_all_machines(path: str, stays: str) -> None:
    assert stable_file(path) == stays


def test_which_files_are_urls() -> None:
    assert all(map(is_url, ["https://a.example/app.js", "blob:https://a.example/1", "chrome-extension://abc/x.js"]))
    assert not any(map(is_url, ["C:\\app.js", "webpack:///./src/a.ts", "app:///main.js", "/srv/app.js", "package:a/b"]))


@given(st.text(max_size=300) | st.text("$_a1.-@<>/[#{}:0x", max_size=300))
def test_names_of_any_form(name: str) -> None:
    short = without_generated(name)
    assert len(short) <= len(name)
    assert len(of_javascript(name)) <= len(name)
    stable_file(name)
    assert nameless(name) in {True, False}
    assert not (minified(name) and len(name) > 3 and not name.lstrip("#").isdigit())


@pytest.mark.parametrize("piece", ["$$", "$$A", "$1", "__1", "_12345", "0x", "a", "A", "1", "-1", "(", "/<", "@v1.",
                                   "::h0", "aB", "-_", "Ab1", "class@anonymous", "{closure:", "tmp"])  # fmt: skip
def test_hostile_names_take_steps_in_proportion(piece: str) -> None:
    """No pattern backtracks: a name that would do so does not come back within the test's time at this length."""
    name = piece * (20_000 // len(piece))
    for function in (without_generated, of_javascript, stable_file, without_build_hash):
        function.__wrapped__(f"{name}!") if hasattr(function, "__wrapped__") else function(f"{name}!")
