import { describe, expect, it } from 'vitest';
import { LiveTally } from '../../src/cli/live-tally.js';
import { openLiveView } from '../../src/cli/live-view.js';
import { SentifluxError } from '../../src/contracts/errors.js';

/** Rows of a terminal after what was written to it: it knows the sequences that the view uses, and no others. */
function terminal(rows: number) {
  let screen: string[] = [''];
  return {
    isTTY: true,
    rows,
    screen: () => screen,
    write(text: string) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what steers a terminal
      for (const [, up, rest] of text.matchAll(/\u001b\[(?:(\d+)A|\?7[lh]|J)|([^\u001b]+)/g)) {
        if (up !== undefined) screen = [...screen.slice(0, -1 - Number(up)), ''];
        if (rest === undefined) continue;
        const [first = '', ...lines] = rest.replace('\r', '').split('\n');
        screen = [...screen.slice(0, -1), (screen.at(-1) ?? '') + first, ...lines];
      }
    },
  };
}

describe('the terminal of sentiflux live', () => {
  it('shows one picture that is painted over, with what goes wrong in it', () => {
    const output = terminal(24);
    const view = openLiveView({ tally: new LiveTally([]), output, logIsOnTerminal: true });
    view.begin(['live', 'page  http://127.0.0.1:8080/']);
    view.logger.warn(
      { err: new SentifluxError('SF_SOURCE_UNREACHABLE', 'example.com answered 503.\u001b[2J') },
      'the source broke off; trying again',
    );
    view.end();
    expect(output.screen()).toEqual([
      'live',
      'page  http://127.0.0.1:8080/',
      '',
      expect.stringContaining('posts'),
      expect.stringContaining('all posts'),
      '',
      expect.stringMatching(
        /^\d\d:\d\d:\d\d {2}WARNING {2}the source broke off; trying again \(example\.com answered 503\.\ufffd\[2J\)$/,
      ),
      '',
    ]);
  });

  it('fits a low terminal', () => {
    const output = terminal(4);
    const view = openLiveView({ tally: new LiveTally([]), output, logIsOnTerminal: true });
    view.begin(['live', 'page']);
    view.end();
    expect(output.screen()).toEqual(['live', 'page', '', '']);
  });
});
