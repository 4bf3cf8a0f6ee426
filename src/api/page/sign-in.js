import { ApiFailure, fetchSession, SIGNED_OUT, signIn, signOut } from './api.js';
import { find } from './dom.js';

/** @import { Standing } from './types.js' */

/**
 * Shows the form for a token where the API asks for one, and the button to sign out where this page is signed in.
 *
 * @param {object} parts
 * @param {HTMLDialogElement} parts.dialog
 * @param {HTMLButtonElement} parts.signOutButton
 * @param {(standing: Standing | undefined) => void} parts.signedIn called whenever the page may ask the API from now
 *   on; undefined where the worker did not say for whom it takes the page
 */
export function openSignIn({ dialog, signOutButton, signedIn }) {
  const form = find('form', 'form', dialog);
  const token = find('input', 'input', dialog);
  const failed = find('.failed', 'p', dialog);

  /** @param {Standing} standing */
  function begin(standing) {
    signOutButton.hidden = !standing.required;
    signedIn(standing);
  }

  function ask() {
    signOutButton.hidden = true;
    if (!dialog.open) dialog.showModal();
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    failed.textContent = '';
    try {
      const standing = await signIn(token.value);
      form.reset();
      dialog.close();
      begin(standing);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      failed.textContent = error.message;
      token.select();
    }
  });
  // Behind it there is nothing to see.
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  signOutButton.addEventListener('click', () => {
    // What is shown is for those who are signed in.
    signOut().then(() => location.reload(), console.warn);
  });
  document.addEventListener(SIGNED_OUT, ask);
  fetchSession().then(
    (standing) => (standing.required && standing.name === null ? ask() : begin(standing)),
    // The page says by itself that the worker does not answer, and tries again.
    () => signedIn(undefined),
  );
}
