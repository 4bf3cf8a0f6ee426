/**
 * Version of everything that turns a text into token ids: normalising, splitting into words, cutting words
 * into pieces. A bundle names the version that it was trained with. Raise it with every change that gives any
 * text other ids.
 */
export const PREPROCESSOR_VERSION = 2;
