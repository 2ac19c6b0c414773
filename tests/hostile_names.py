"""Names that are markup, formulas and commands somewhere."""

NAMES = (
    "<script>window.ran=1</script>",
    "\"><img src=x onerror=window.ran=1>'",
    "</title></style></svg><svg onload=window.ran=1>",
    "javascript:window.ran=1",
    "&lt;script&gt;|`x`\n# head\n- item\n\n---\n",
    "$\\foo{$ a",
    "$x^$ \\input{/etc/passwd}",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "[bold red]rich[/] [link=https://example.org]x[/link]",
    "\u202egpj.exe \u200b\x00\x85\u2028",
    "half \ud800 of a pair",
    "_hidden_ *bold* ~~gone~~ ![i](https://example.org/i.png)",
    "1. <https://example.org> https://example.org www.example.org",
    "    ../../outside/./x",
    "größe ✓ 层 %41 #frag ?q",
)
