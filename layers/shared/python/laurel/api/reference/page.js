// Search, copying, and opening what an address points to. Without this script all of the page can be read.
const articles = [...document.querySelectorAll("article")];
const field = document.getElementById("search");
const found = document.getElementById("found");
const text = new Map(articles.map((each) => [each, `${each.id} ${each.textContent}`.toLowerCase()]));

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let hits = 0;
  for (const each of articles) {
    const fits = words.every((word) => text.get(each).includes(word));
    each.hidden = !fits;
    hits += fits;
  }
  for (const each of document.querySelectorAll("main section")) {
    each.hidden = words.length > 0 && !each.querySelector("article:not([hidden])");
  }
  for (const each of document.querySelectorAll("nav li[data-of]")) {
    each.hidden = document.getElementById(each.dataset.of).hidden;
  }
  found.textContent = words.length ? `${hits} found` : "";
}

function open() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  for (let each = named; each; each = each.parentElement) {
    each.hidden = false;
    if (each.tagName === "DETAILS") each.open = true;
  }
  const own = named.querySelector(":scope > details");
  if (own) own.open = true;
  named.scrollIntoView();
}

async function copy(button) {
  const command = button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

for (const command of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(button));
  command.append(button);
}
document.getElementById("finder").hidden = false;
field.addEventListener("input", search);
addEventListener("hashchange", open);
if (matchMedia("(min-width: 60rem)").matches) document.getElementById("contents").open = true;
open();
