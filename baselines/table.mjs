// The figures as Markdown: macro recall / macro F1 in per cent.

const NONE = '';
const OWN = /^sentiflux/;

export function markdown(sets, notes) {
  const systems = [...new Set(sets.flatMap(({ figures }) => Object.keys(figures)))];
  const plain = systems.filter((system) => !system.endsWith(' tuned'));
  const tuned = systems.filter((system) => system.endsWith(' tuned'));
  return [
    'Macro recall / macro F1, in per cent. "ahead" is the shipped int8 model less the best of the others on that set.',
    '',
    ...table(sets, plain, true),
    '',
    ...means(sets, plain),
    ...(tuned.length === 0
      ? []
      : [
          '',
          'With the symmetric cut that is best on the tuning rows, in sets with three classes:',
          '',
          ...table(
            sets.filter(({ figures }) => tuned.some((system) => figures[system] !== undefined)),
            tuned,
            false,
          ),
        ]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
    '',
  ].join('\n');
}

function table(sets, systems, withAhead) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const heads = ['set', 'posts', ...systems, ...(withAhead ? ['ahead'] : [])];
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...sets.map(({ name, rows, figures }) =>
      line([
        name,
        rows.length.toLocaleString('en'),
        ...systems.map((system) => cell(figures[system])),
        ...(withAhead ? [ahead(figures)] : []),
      ]),
    ),
  ];
}

function cell(figures) {
  return figures === undefined ? NONE : `${percent(figures.macroRecall)} / ${percent(figures.macroF1)}`;
}

function ahead(figures) {
  const own = figures['sentiflux int8'];
  const others = Object.entries(figures).filter(([system]) => !OWN.test(system));
  if (own === undefined || others.length === 0) return NONE;
  const gain = (figure) => {
    const points = 100 * (own[figure] - Math.max(...others.map(([, of]) => of[figure])));
    return `${points < 0 ? '' : '+'}${points.toFixed(1)}`;
  };
  return `${gain('macroRecall')} / ${gain('macroF1')}`;
}

/** One line: the means over the sets that are neither English nor Chinese. */
function means(sets, systems) {
  const others = sets.filter(({ language }) => !['en', 'zh'].includes(language));
  if (others.length === 0) return [];
  const figures = systems.flatMap((system) => {
    const of = others.flatMap(({ figures }) => figures[system] ?? []);
    if (of.length < others.length) return [];
    const mean = (figure) => of.reduce((sum, one) => sum + one[figure], 0) / of.length;
    return [`${system} ${cell({ macroRecall: mean('macroRecall'), macroF1: mean('macroF1') })}`];
  });
  return [`Means over ${others.map(({ name }) => name).join(', ')}: ${figures.join(', ')}.`];
}

function percent(share) {
  return (100 * share).toFixed(1);
}
