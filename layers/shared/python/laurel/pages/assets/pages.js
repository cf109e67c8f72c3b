// Small improvements; every page works without them.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const said = button.textContent;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = said; }, 2000);
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const sends = form.getAttribute("method") === "post"; // form.method is a field's, if one is called so
  if (!sends || event.submitter?.formTarget) return; // what opens beside leaves the form to be sent
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What asks before it is done closes by Escape, and goes back to its button.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.activeElement.closest("details.confirm[open], details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// In a chart the arrows lead from day to day.
document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const day = event.target.closest(".hit");
  if (!step || !day) return;
  const days = [...day.parentNode.querySelectorAll(".hit")];
  const next = days[days.indexOf(day) + step];
  if (!next) return;
  day.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
});
