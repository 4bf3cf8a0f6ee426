import type { AlertingConfig } from '../../config/schema.js';

export type Language = AlertingConfig['language'];

/** What receivers are told, with `{…}` for what is filled in. */
const WORDS = {
  en: {
    firing: '{brand}: {what} ({rule})',
    resolved: '{brand}: {rule} is resolved',
    rebaselined: '{brand}: {rule} ends, and is taken for the usual from now on',
    acknowledged: '{brand}: {rule} was seen by {by}',
    test: '[TEST] {title}',
    volume: '{observed} posts where {expected} were expected',
    negative_count: '{observed} negative posts where {expected} were expected',
    negative_share: '{observed} of posts negative where {expected} were expected',
    polarity: 'mean polarity {observed} where {expected} was expected',
    brand: 'Brand',
    rule: 'Rule',
    window: 'Window',
    observed: 'Observed',
    expected: 'Expected',
    worst: 'Worst',
    pValue: 'p-value',
    posts: 'Posts in the window',
    authors: 'Authors, at least',
    share: 'Negative share',
    shareChange: '{after}, before {before}',
    sources: 'Sources',
    terms: 'Top terms',
    postIds: 'Posts',
    traceId: 'Trace',
    firedAt: 'Fired',
    resolvedAt: 'Resolved',
    acknowledgedBy: 'Seen by',
    acknowledgedAt: '{by}, {time}',
    alert: 'Alert',
    openPage: 'Open the page',
    more: 'and {count} more',
  },
  zh: {
    firing: '{brand}：{what}（{rule}）',
    resolved: '{brand}：{rule} 已恢复',
    rebaselined: '{brand}：{rule} 已结束，视为新的常态',
    acknowledged: '{brand}：{rule} 已由 {by} 确认',
    test: '【测试】{title}',
    volume: '帖子 {observed} 条，预期 {expected} 条',
    negative_count: '负面帖子 {observed} 条，预期 {expected} 条',
    negative_share: '负面占比 {observed}，预期 {expected}',
    polarity: '平均极性 {observed}，预期 {expected}',
    brand: '品牌',
    rule: '规则',
    window: '时间窗口',
    observed: '实际值',
    expected: '预期值',
    worst: '最严重时',
    pValue: 'p 值',
    posts: '窗口内帖子数',
    authors: '作者数（至少）',
    share: '负面占比',
    shareChange: '{after}，此前 {before}',
    sources: '来源',
    terms: '高频词',
    postIds: '帖子编号',
    traceId: '追踪编号',
    firedAt: '触发时间',
    resolvedAt: '恢复时间',
    acknowledgedBy: '确认人',
    acknowledgedAt: '{by}，{time}',
    alert: '告警编号',
    openPage: '打开页面',
    more: '另有 {count} 个',
  },
} as const satisfies Record<Language, Record<string, string>>;

export type Word = keyof (typeof WORDS)['en'];

/** Words of a language; a value is filled in as it is, whatever braces it holds. */
export function say(language: Language, word: Word, values: Readonly<Record<string, string>> = {}): string {
  return WORDS[language][word].replaceAll(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}
