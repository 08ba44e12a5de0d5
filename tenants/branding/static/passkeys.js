/* Passkeys: a form asks the server what to sign, the browser asks its owner, and the form brings the answer back. */
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const wrong = form.querySelector("[data-passkey-wrong]");
    wrong.hidden = true;
    try {
      const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
      if (!answer.ok) {
        form.elements.credential.value = "{}";
        form.submit();
        return;
      }
      const told = await answer.json();
      const made = form.dataset.passkeyMakes !== undefined
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(told) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(told) });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch (_) {
      wrong.hidden = false;
      wrong.focus();
    }
  }, true);
}
