"""What makes a site of the pages in docs/, as hooks of mkdocs.

The pages are written to be read in the repository, too. So three things are done here and nowhere
else: the navigation is read from docs/index.md; links that leave docs/ lead to copies of what they
name, under `repository/`; notebooks become pages with the results that are stored in them.
"""

import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")
ENTRY = re.compile(r"^- \[(.+?)\]\((.+?)\)")
# Shown on a page of its own; what else is no page is copied.
CODE = {".py": "python", ".toml": "toml", ".j2": "text"}
WITH_LINKS = {".md", ".ipynb"}
# What a browser fetches by itself; a link that a reader may follow is none of it.
FETCHED = re.compile(
    r'<(?:script|img|iframe)\b[^>]*\bsrc="?(https?:)?//|<link\b[^>]*\bhref="?https?://[^>]*stylesheet'
)


def navigation(index: str) -> list[Any]:
    """The sections of docs/index.md that list pages, as mkdocs wants them.

    A section is a heading `##`, a group in it `###`, an entry `- [title](page.md)` with whatever
    words behind it.
    """
    nav: list[Any] = [{"Home": "index.md"}]
    for line in index.splitlines():
        level, _, title = line.partition(" ")
        if level == "##":
            section: list[Any] = []
            group = section
            nav.append({title: section})
        elif level == "###":
            group = []
            section.append({title: group})
        elif entry := ENTRY.match(line):
            target = page_of(os.path.normpath(ROOT / "docs" / entry[2]))
            group.append({entry[1].replace("`", ""): target})
    return [part for part in nav if all(part.values())]


def page_of(path: str | Path) -> str:
    """Where on the site a file or folder of the repository is, from the site's root."""
    path = Path(path)
    inside = path.relative_to(ROOT)
    if inside.parts[0] == "docs":
        return (
            PurePosixPath(*inside.parts[1:])
            .with_suffix(".md" if path.suffix == ".ipynb" else path.suffix)
            .as_posix()
        )
    if path.is_dir():
        inside /= "README.md"
    elif path.suffix in CODE:
        inside = inside.with_name(f"{inside.name}.md")
    return f"repository/{inside.as_posix()}"


def targets(path: Path, text: str) -> dict[str, Path]:
    """Links of a page that name a file or folder of the repository, and what they name."""
    folder = path if path.is_dir() else path.parent
    found = {link: Path(os.path.normpath(folder / link)) for link in LINK.findall(text)}
    return {link: to for link, to in found.items() if to.exists() and to.is_relative_to(ROOT)}


def relinked(path: Path, text: str) -> str:
    """The text of a page with links to where on the site their targets are."""
    there = targets(path, text)
    here = PurePosixPath(page_of(path)).parent
    moved = {link: os.path.relpath(page_of(to), here) for link, to in there.items()}
    return LINK.sub(lambda link: moved.get(link[0], link[0]), text)


def as_page(path: Path) -> str:
    """A file or folder of the repository as Markdown."""
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if each.suffix == ".md")
        return f"# {path.relative_to(ROOT)}\n\n" + "".join(f"- [{n}]({n})\n" for n in names)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return notebook_page(json.loads(text), path.name)
    if path.suffix == ".md":
        return text
    fence = "`````"
    return f"# {path.relative_to(ROOT)}\n\n{fence}{CODE[path.suffix]}\n{text.rstrip()}\n{fence}\n"


def notebook_page(notebook: dict[str, Any], name: str) -> str:
    """A notebook as Markdown: its text, its code, and the results stored in it."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        else:
            parts.append(f"```python\n{source}\n```")
            parts += [shown(output) for output in cell["outputs"]]
    parts.insert(1, f'<a href="{name}" download>This page as a notebook</a>')
    return "\n\n".join(parts) + "\n"


def shown(output: dict[str, Any]) -> str:
    """One result of a cell: its picture, its table, or its text."""
    data = output.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        if kind in data:
            return f'<div class="result">{one_line("".join(data[kind]))}</div>'
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```"


def one_line(html: str) -> str:
    """HTML without line breaks, which Markdown would read as its own."""
    return " ".join(line.strip() for line in html.splitlines() if line.strip())


def on_config(config: Any) -> Any:
    """Read the navigation from the index; lists as on GitHub."""
    config.markdown_extensions.insert(0, "tools.github_lists")  # others add to the parser it builds
    config.nav = navigation((ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add notebooks, and what pages link to outside docs/, and what that links to."""
    from mkdocs.structure.files import File

    docs = ROOT / "docs"
    waiting = [*docs.rglob("*.md"), *docs.rglob("*.ipynb")]
    known = set(waiting)
    while waiting:
        path = waiting.pop()
        uri = page_of(path)
        if files.get_file_from_path(uri) is None:
            is_page = uri.endswith(".md")
            given = {"content": as_page(path)} if is_page else {"abs_src_path": str(path)}
            files.append(File.generated(config, uri, **given))
        PATHS[uri] = path
        if path.is_dir() or path.suffix in WITH_LINKS:
            linked = set(targets(path, as_page(path)).values())
            new = {each for each in linked - known if not each.is_relative_to(docs)}
            known |= new
            waiting += sorted(new)
    return files


PATHS: dict[str, Path] = {}  # of what each page of the site was made


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links to where on the site their targets are."""
    path = PATHS[page.file.src_uri]
    return relinked(path, markdown) if path.suffix in WITH_LINKS else markdown


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """The certificates of a page that has some, at its end, with the button that checks them.

    Refused is what was not meant: a list that is none, a product whose signs became emphasis.
    """
    from mkdocs.exceptions import PluginError

    words = re.sub(r"(?s)<(pre|code)\b.*?</\1>", "", html)
    if item := re.search(r"^[-*] .*", words, re.MULTILINE):
        raise PluginError(f"{page.file.src_uri}: no empty line before the item {item[0]!r}")
    if product := re.search(r"\w<em>[^<]*</em>|<em>[^<]*</em>\w", words):
        raise PluginError(f"{page.file.src_uri}: emphasis within a word: {product[0]!r}")
    return html + certificates(PATHS[page.file.src_uri])


def certificates(path: Path) -> str:
    """What a page of `xbarmip reproduce` has at its end: its certificates, and what checks them."""
    listed = path.with_name("certificates.json")
    if path.name != "page.md" or not listed.exists():
        return ""
    from xbarmip.reproduce.page import certificates_of

    return certificates_of(json.loads(listed.read_text(encoding="utf-8")), path.parent)


def on_post_build(config: Any) -> None:
    """Refuse a site that would ask another host for something."""
    from mkdocs.exceptions import PluginError

    for page in Path(config.site_dir).rglob("*.html"):
        if foreign := FETCHED.search(page.read_text(encoding="utf-8")):
            raise PluginError(f"{page}: asks another host: {foreign[0]}")
