// Makes passkeys and signs in with them where the browser can; without, the page has a form with a password.
const { browserSupportsWebAuthn, startAuthentication, startRegistration } = SimpleWebAuthnBrowser;

const send = async (url, body, token) => {
  const headers = { 'Content-Type': 'application/json' };
  if (token) headers['X-Form-Token'] = token;
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const given = await answer.json().catch(() => ({}));
  if (answer.ok) return given;
  throw new Error(given.problem ?? 'Something went wrong. Please load the page again.');
};

const words = {
  NotAllowedError: 'The browser was not allowed to, or it took too long. Please try again.',
  InvalidStateError: 'This device has a passkey for you already.',
};

if (browserSupportsWebAuthn())
  for (const place of document.querySelectorAll('[data-passkey]')) {
    const { passkey, options, answer, next, token } = place.dataset;
    const button = place.querySelector('button');
    const problem = place.querySelector('[role=alert]');
    const name = place.querySelector('input');
    place.hidden = false;
    button.addEventListener('click', async () => {
      problem.textContent = '';
      button.setAttribute('aria-busy', 'true');
      button.disabled = true;
      try {
        const optionsJSON = await send(options, {}, token);
        const act = passkey === 'register' ? startRegistration : startAuthentication;
        const response = await act({ optionsJSON });
        await send(answer, { response, name: name?.value }, token);
        location.assign(next);
      } catch (error) {
        problem.textContent = words[error.name] ?? error.message;
        button.disabled = false;
        button.removeAttribute('aria-busy');
      }
    });
  }
