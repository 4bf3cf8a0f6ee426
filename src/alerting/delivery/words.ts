import type { AlertingConfig } from '../../config/schema.js';

export type Language = AlertingConfig['language'];

/** What receivers are told, with `{…}` for what is filled in. */
const WORDS = {
  en: {
    firing: '{brand}: {rule} fires, {observed} where {expected} were expected',
    resolved: '{brand}: {rule} is resolved',
    acknowledged: '{brand}: {rule} was seen by {by}',
    test: '[TEST] {title}',
    brand: 'Brand',
    rule: 'Rule',
    window: 'Window',
    observed: 'Observed',
    expected: 'Expected',
    highest: 'Highest',
    posts: 'Posts in the window',
    share: 'Negative share',
    shareChange: '{after}, before {before}',
    sources: 'Sources',
    firedAt: 'Fired',
    resolvedAt: 'Resolved',
    acknowledgedBy: 'Seen by',
    acknowledgedAt: '{by}, {time}',
    alert: 'Alert',
    openPage: 'Open the page',
    more: 'and {count} more',
  },
  zh: {
    firing: '{brand}：{rule} 触发，实际 {observed}，预期 {expected}',
    resolved: '{brand}：{rule} 已恢复',
    acknowledged: '{brand}：{rule} 已由 {by} 确认',
    test: '【测试】{title}',
    brand: '品牌',
    rule: '规则',
    window: '时间窗口',
    observed: '实际值',
    expected: '预期值',
    highest: '最高值',
    posts: '窗口内帖子数',
    share: '负面占比',
    shareChange: '{after}，此前 {before}',
    sources: '来源',
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
