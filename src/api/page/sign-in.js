import { fetchSession, SIGNED_OUT, signIn, signOut } from './api.js';

/**
 * Shows the form for a token where the API asks for one, and the button to sign out where this page is signed in.
 *
 * @param {{ dialog: HTMLDialogElement, signOutButton: HTMLButtonElement, signedIn: () => void }} options `signedIn` is
 *   called whenever the page may ask the API from now on
 */
export function openSignIn({ dialog, signOutButton, signedIn }) {
  const form = dialog.querySelector('form');
  const token = dialog.querySelector('input');
  const failed = dialog.querySelector('.failed');

  function begin({ required }) {
    signOutButton.hidden = !required;
    signedIn();
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
    signedIn,
  );
}
