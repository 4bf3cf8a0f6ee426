import { describe, expect, it } from 'vitest';
import { type LabelledPost, postsForTemplates } from '../../src/training/template-posts.js';

const post = (text: string, more: Partial<LabelledPost> = {}): LabelledPost => ({
  language: 'en',
  label: 'negative',
  text,
  ...more,
});

const chosen = (...posts: readonly LabelledPost[]): readonly string[] =>
  postsForTemplates(posts).get('en')?.get('negative') ?? [];

describe('postsForTemplates', () => {
  it('sorts posts by language and label', () => {
    const posts = postsForTemplates([
      post('the ferry sank again'),
      post('the ferry is lovely', { label: 'positive' }),
      post('渡轮又晚点了', { language: 'zh' }),
    ]);
    expect(posts).toEqual(
      new Map([
        [
          'en',
          new Map([
            ['negative', ['the ferry sank again']],
            ['positive', ['the ferry is lovely']],
          ]),
        ],
        ['zh', new Map([['negative', ['渡轮又晚点了']]])],
      ]),
    );
  });

  it('takes the end mark off, so that a sentence can go on', () => {
    expect(chosen(post('the ferry sank again!!'), post('渡轮又晚点了。。'))).toEqual([
      'the ferry sank again',
      '渡轮又晚点了',
    ]);
  });

  it.each([
    ['a question', 'why is the ferry late?'],
    ['a question in Chinese', '渡轮怎么又晚点了？'],
    ['a post with a link', 'late again, see <url>'],
    ['a post with a hashtag', 'late again # ferry'],
    ['a few letters', 'late again'],
    ['a long post', `the ferry was ${'very '.repeat(20)}late`],
  ])('leaves out %s', (_, text) => {
    expect(chosen(post(text))).toEqual([]);
  });

  it('leaves out what has no label or no language', () => {
    const unknown = [
      post('the ferry sank again', { label: undefined }),
      post('the ferry sank again', { language: undefined }),
    ];
    expect(postsForTemplates(unknown).size).toBe(0);
  });

  it('takes a post once', () => {
    expect(chosen(post('the ferry sank again'), post('the ferry sank again.'))).toHaveLength(1);
  });
});
