/** The three classes, in the order of the network's outputs. */
export const LABELS = ['negative', 'neutral', 'positive'] as const;
export type Label = (typeof LABELS)[number];

/** A probability per label; they sum to 1. */
export type Probabilities = Readonly<Record<Label, number>>;
