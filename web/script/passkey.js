// SPDX-License-Identifier: Apache-2.0

// Passkeys (WebAuthn level 3): puts the question that a form holds to the
// authenticator, and sends its answer with the form. It asks the server for
// nothing and keeps nothing.
(() => {
  "use strict";

  // Bytes stand in JSON as base64url without padding.
  function bytes(text) {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  }
  function text(buffer) {
    if (!buffer) return undefined;
    return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  /** read gives the options of a question with its bytes as bytes. */
  function read(question) {
    const o = JSON.parse(question).publicKey;
    o.challenge = bytes(o.challenge);
    if (o.user) o.user.id = bytes(o.user.id);
    for (const c of [...(o.excludeCredentials ?? []), ...(o.allowCredentials ?? [])]) c.id = bytes(c.id);
    return { publicKey: o };
  }

  /** write gives what the authenticator answered as JSON. */
  function write(key) {
    const r = key.response;
    return JSON.stringify({
      id: key.id,
      rawId: text(key.rawId),
      type: key.type,
      authenticatorAttachment: key.authenticatorAttachment ?? undefined,
      clientExtensionResults: key.getClientExtensionResults(),
      response: {
        clientDataJSON: text(r.clientDataJSON),
        attestationObject: text(r.attestationObject),
        transports: r.getTransports?.(),
        authenticatorData: r.attestationObject ? undefined : text(r.authenticatorData),
        signature: text(r.signature),
        userHandle: text(r.userHandle),
      },
    });
  }

  /** told says in words why there is no answer. */
  function told(error) {
    switch (error.name) {
      case "InvalidStateError": return "This device holds a passkey for you already.";
      case "NotAllowedError": return "No passkey was given. Try again, or take another way.";
      case "SecurityError": return "Passkeys do not work at this address.";
    }
    return "The browser could not do it: " + error.message;
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const says = form.querySelector("[role=status]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!window.PublicKeyCredential) {
        says.textContent = "This browser knows no passkeys, or does not trust this address with them.";
        return;
      }
      const button = form.querySelector("button");
      button.disabled = true;
      says.textContent = "Follow your browser.";
      try {
        const options = read(form.dataset.question);
        const key = form.dataset.passkey === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
        form.elements.answer.value = write(key);
        form.submit();
      } catch (error) {
        says.textContent = told(error);
        button.disabled = false;
      }
    });
  }
})();
