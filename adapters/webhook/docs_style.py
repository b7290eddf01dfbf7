"""How the docs page looks, in light and dark, on a wide screen and on a phone."""

STYLE = """
:root{--ink:#1a2230;--soft:#566171;--line:#e2e6ec;--paper:#fff;--tint:#f5f7fa;--link:#0b5cad;
--key:#7a3e9d;--get:#0b6e4f;--post:#8a4b08;--put:#5b3fa8;--delete:#a11d33}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b6;--line:#2c3542;--paper:#12171e;
--tint:#1b222c;--link:#7cb8ff;--key:#c9a6f0;--get:#5fd3a6;--post:#f0b26a;--put:#b9a3f5;
--delete:#ff9aa8}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{scroll-padding-top:1rem}
body{margin:0;color:var(--ink);background:var(--paper);font:16px/1.55 system-ui,sans-serif;
display:grid;grid-template-columns:18.5rem minmax(0,1fr)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:.2rem}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;z-index:1;background:var(--paper);padding:.5rem}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:1.2rem 1rem;
background:var(--tint);border-right:1px solid var(--line);font-size:.875rem;grid-column:1}
main{grid-column:2}
nav h2{font-size:.72rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);
margin:1.1rem .4rem .2rem}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:flex;gap:.5rem;padding:.22rem .4rem;border-radius:.3rem;color:inherit;
text-decoration:none;line-height:1.35}
nav a:hover{background:var(--line)}
nav input{width:100%;font:inherit;padding:.4rem .6rem;margin-bottom:.6rem;color:inherit;
background:var(--paper);border:1px solid var(--line);border-radius:.4rem}
main{padding:2rem 2.5rem 6rem;max-width:98rem;min-width:0}
header,#start,.type,#errors~*{max-width:56rem}
h1{font-size:1.9rem;margin:0 0 .6rem}
h1 small,h2 small,td small{color:var(--soft);font-weight:400}
h2 small{font-size:.95rem;margin-left:.4rem}
main>h2,#start h2{font-size:1.45rem;margin:3.2rem 0 .6rem}
#start h2{margin-top:2rem}
h3{font-size:1.15rem;margin:0 0 .3rem}
h3 a{color:inherit;text-decoration:none}
h3 a:hover{text-decoration:underline}
h4{font-size:.9rem;margin:1.3rem 0 .3rem;color:var(--soft);font-weight:600}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--link)}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.85rem}
code{overflow-wrap:anywhere}
small code{font-size:1em}
.frame{position:relative}
pre{background:var(--tint);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;
margin:.4rem 0;overflow:auto;max-height:30rem;line-height:1.5}
pre code{overflow-wrap:normal;font-size:.8rem}
pre i{font-style:normal;color:var(--key)}
.copy{position:absolute;top:.4rem;right:.4rem;font:inherit;font-size:.72rem;padding:.15rem .5rem;
color:var(--soft);background:var(--paper);border:1px solid var(--line);border-radius:.3rem;
cursor:pointer}
.copy:hover,.copy:focus-visible{color:var(--ink);border-color:var(--soft)}
.steps{padding-left:1.3rem}
.steps>li{margin:1.2rem 0;padding-left:.4rem}
.steps>li::marker{font-weight:600}
.route{border-top:1px solid var(--line);padding:1.8rem 0 1.4rem;display:grid;
grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 2.5rem}
.calls{min-width:0}
.calls h4:first-child{margin-top:.2rem}
.type{margin:1.8rem 0}
.address{font-size:1rem}
.address code{font-size:.95rem}
b.get,b.post,b.put,b.delete{font-size:.68rem;letter-spacing:.03em;min-width:2.9rem;
display:inline-block;line-height:1.9}
b.get{color:var(--get)}
b.post{color:var(--post)}
b.put{color:var(--put)}
b.delete{color:var(--delete)}
details{margin:.6rem 0}
summary{cursor:pointer;font-size:.9rem;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.875rem}
td,th{border-top:1px solid var(--line);padding:.4rem .8rem .4rem 0;vertical-align:top;
text-align:left}
th{color:var(--soft);font-weight:600;border-top:0}
td:first-child{width:30%;min-width:7rem}
#errors~table td:first-child{width:15rem;min-width:7rem}
#errors~table td:nth-child(2){width:1%}
.route table td:first-child{width:1%;min-width:6.5rem}
td em{font-style:normal;font-size:.72rem;color:var(--delete);white-space:nowrap}
.chips a{margin-right:.35rem;font-size:.82rem;display:inline-block}
tr:target,.type:target{background:var(--tint);outline:.5rem solid var(--tint)}
.route:target h3 a{color:var(--link)}
@media(max-width:75rem){.route{display:block}.calls{margin-top:1.2rem}}
@media(max-width:50rem){body{display:block}
nav{position:static;height:auto;max-height:19rem;border-right:0;border-bottom:1px solid var(--line)}
nav a{padding:.45rem .4rem}
main{padding:1.2rem}
td{overflow-wrap:anywhere}
#errors~table td:first-child{width:6.5rem;min-width:6.5rem}
pre{max-height:22rem}
}
@media print{nav,.copy{display:none}body{display:block}}
"""
