// Pupils' pages: each page takes the place of the one before in the browser's history, so that nothing is to be gone
// back to; and the questions come one at a time. Without it all of them stand on one page and are sent as any form.

for (const link of document.querySelectorAll("a[data-replace]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(link.href);
  });
}

const code = document.querySelector("form[data-replace]");
code?.addEventListener("submit", (event) => {
  event.preventDefault();
  location.replace(`${code.action}?${new URLSearchParams(new FormData(code))}`);
});

const form = document.querySelector("form[data-questions]");
if (form) oneAtATime(form);

function oneAtATime(form) {
  document.documentElement.classList.add("script");
  const questions = [...form.querySelectorAll("fieldset")];
  const send = form.querySelector(".send");
  const skip = made("button", "lk", "Skip this question");
  const back = made("button", "lk", "Go back");
  skip.type = back.type = "button";
  const trouble = made("p", "wrong", "");
  trouble.setAttribute("role", "alert");
  trouble.hidden = true;
  send.before(trouble);
  send.after(skip, back);
  let at = 0;

  questions.forEach((question, n) => {
    const bar = made("div", "bar", "");
    bar.setAttribute("aria-hidden", "true");
    const done = made("i", "", "");
    done.style.width = `${(100 * (n + 1)) / questions.length}%`;
    bar.append(done);
    question.querySelector(".cap").after(bar);
    question.querySelector("legend").tabIndex = -1;
    question.addEventListener("change", () => colour(question));
  });
  show(0);

  skip.addEventListener("click", () => {
    for (const radio of questions[at].querySelectorAll("input")) radio.checked = false;
    colour(questions[at]);
    next();
  });
  back.addEventListener("click", () => show(at - 1, true));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    next();
  });

  function next() {
    if (at + 1 < questions.length) show(at + 1, true);
    else sent();
  }

  function show(n, moved = false) {
    at = n;
    questions.forEach((question, other) => (question.hidden = other !== n));
    send.textContent = n + 1 < questions.length ? "Next" : "Send my answers";
    back.hidden = n === 0;
    if (moved) {
      questions[n].querySelector("legend").focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }

  async function sent() {
    send.disabled = skip.disabled = true;
    trouble.hidden = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.ok) return location.replace(answer.url);
      if (answer.status < 500) return form.submit();
    } catch {
      // no connection: said below, and the same form may be sent again, which is kept once
    }
    trouble.textContent = "That did not go through. Wait a bit, then press Send again.";
    trouble.hidden = false;
    send.disabled = skip.disabled = false;
  }
}

function colour(question) {
  for (const label of question.querySelectorAll("label")) {
    label.classList.toggle("on", label.querySelector("input").checked);
  }
}

function made(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
