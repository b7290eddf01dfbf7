"""How the docs page looks, in light and dark, on a wide screen and on a phone."""

STYLE = """
:root{--ink:#1a2230;--soft:#5b6676;--line:#e2e6ec;--paper:#fff;--tint:#f5f7fa;--link:#0b5cad;
--get:#0b6e4f;--post:#8a4b08;--put:#5b3fa8;--delete:#a11d33}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b6;--line:#2c3542;--paper:#12171e;
--tint:#1b222c;--link:#7cb8ff;--get:#5fd3a6;--post:#f0b26a;--put:#b9a3f5;--delete:#ff9aa8}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;color:var(--ink);background:var(--paper);font:16px/1.55 system-ui,sans-serif;
display:grid;grid-template-columns:19rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:2rem 1rem;
background:var(--tint);border-right:1px solid var(--line);font-size:.875rem}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:flex;gap:.5rem;padding:.3rem .4rem;border-radius:.3rem;color:inherit;
text-decoration:none}
nav a:hover{background:var(--line)}
main{padding:2rem 2.5rem 6rem;max-width:56rem}
h1{font-size:1.9rem;margin:0 0 1rem}
h1 small,td small{color:var(--soft);font-weight:400}
h2{font-size:1.3rem;margin:3rem 0 .4rem;padding-top:1.5rem;border-top:1px solid var(--line)}
h3{font-size:.95rem;margin:1.6rem 0 .4rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--link)}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.875em}
code{overflow-wrap:break-word}
pre{background:var(--tint);border:1px solid var(--line);border-radius:.4rem;padding:.9rem;
overflow:auto}
.route{font-size:1.05rem}
b.get,b.post,b.put,b.delete{font-size:.72rem;letter-spacing:.03em;min-width:3.2rem;align-self:center}
b.get{color:var(--get)}
b.post{color:var(--post)}
b.put{color:var(--put)}
b.delete{color:var(--delete)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td{border-top:1px solid var(--line);padding:.45rem .8rem .45rem 0;vertical-align:top}
td:first-child{white-space:nowrap;width:1%}
tr:target,section:target{background:var(--tint);outline:.6rem solid var(--tint)}
@media(max-width:50rem){body{display:block}
nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}
main{padding:1.2rem}
td:first-child{white-space:normal;width:auto}}
"""
