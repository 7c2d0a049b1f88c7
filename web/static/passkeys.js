// Passkeys: asks the node for a challenge, has the browser answer it, and sends the answer with the form.
"use strict";

(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
  };

  const text = (buffer) => {
    let plain = "";
    for (const byte of new Uint8Array(buffer)) plain += String.fromCharCode(byte);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const withBytes = (options) => {
    const described = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));
    const plain = { ...options, challenge: bytes(options.challenge) };
    if (options.user) plain.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) plain.excludeCredentials = described(options.excludeCredentials);
    if (options.allowCredentials) plain.allowCredentials = described(options.allowCredentials);
    return plain;
  };

  const answered = (credential) => {
    const said = credential.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  const box = document.querySelector("[data-passkey-problem]");

  const show = (when, words) => {
    for (const line of box.querySelectorAll("[data-when]")) {
      line.hidden = line.dataset.when !== when;
      if (words && !line.hidden) line.textContent = words;
    }
    box.hidden = false;
    box.focus();
  };

  const asked = async (form) => {
    const csrf = form.elements.csrf.value;
    const response = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams({ csrf }) });
    const type = response.headers.get("Content-Type") ?? "";
    const answer = type.startsWith("application/json") ? await response.json() : {};
    if (response.ok) return answer;
    show(answer.problem ? "told" : "line", answer.problem);
    return null;
  };

  const use = async (form, button) => {
    box.hidden = true;
    if (!window.PublicKeyCredential) return show("cannot");
    button.disabled = true;
    try {
      const options = await asked(form);
      if (!options) return;
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: withBytes(options) });
      form.elements.response.value = JSON.stringify(answered(credential));
      form.submit();
    } catch (error) {
      show(error.name === "InvalidStateError" ? "known" : error instanceof TypeError ? "line" : "none");
    } finally {
      button.disabled = false;
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form, form.querySelector("button[type=submit]"));
    });
  }
})();
