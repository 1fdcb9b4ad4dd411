// Has the browser make a passkey, or show one, by what the form holds, and sends what it answers. Without it the form
// sends nothing, and the page says what else lets in.
const form = document.querySelector("[data-passkey]");
const no = document.querySelector("[data-passkey-no]");
let asking = false;

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  buffer
    ? btoa(String.fromCharCode(...new Uint8Array(buffer)))
        .replace(/\+/g, "-")
        .replace(/\//g, "_")
        .replace(/=+$/, "")
    : undefined;

async function ask() {
  const options = JSON.parse(form.dataset.passkey);
  options.challenge = bytes(options.challenge);
  for (const list of ["excludeCredentials", "allowCredentials"])
    for (const one of options[list] ?? []) one.id = bytes(one.id);
  if (options.user) options.user.id = bytes(options.user.id);
  const made = await navigator.credentials[options.user ? "create" : "get"]({ publicKey: options });
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    response[part] = text(made.response[part]);
  return JSON.stringify({
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    response,
  });
}

form.addEventListener("submit", async (event) => {
  if (form.elements.answer.value) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  no.hidden = true;
  try {
    form.elements.answer.value = await ask();
    form.submit();
  } catch {
    no.hidden = false;
  }
  asking = false;
});
