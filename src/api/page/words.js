const WORDS = {
  en: {
    skip: 'Skip to the chart',
    signIn: 'Sign in',
    signOut: 'Sign out',
    token: "Token of this worker's API",
    other: '中文',
    brands: 'Brands',
    allBrands: 'All posts',
    otherBrands: 'No brand',
    range: 'Time shown',
    posts: 'Posts',
    postsOf: '{posts} posts',
    negative: 'negative',
    neutral: 'neutral',
    positive: 'positive',
    negativeShare: 'Negative',
    positiveShare: 'Positive',
    mood: 'Mean polarity',
    firing: 'Alerts firing',
    alert: 'alert',
    alerts: 'Alerts',
    noAlerts: 'No alerts.',
    noWindows: 'No closed windows in this time yet.',
    yourName: 'Your name',
    acknowledge: 'Acknowledge',
    acknowledged: 'Seen by {by}, {time}',
    stateFiring: 'firing',
    stateResolved: 'resolved {time}',
    alertSaid: '{observed} where {expected} were expected; {share} of posts negative, usually {usual}.',
    livePosts: 'Live posts',
    noPosts: 'Waiting for posts.',
    noText: 'The text is not kept; its terms: {terms}',
    noTerms: 'The text is not kept.',
    open: 'open',
    pause: 'Pause',
    skipped: 'and {count} more',
    scoreTitle: 'Score a text',
    scoreLabel: "Any text, in any of the model's languages",
    scoreButton: 'Score',
    scoring: 'Scoring…',
    scored: '{label}, {confidence} sure',
    language: 'language {language}',
    why: 'Why?',
    spokeFor: 'For {label}: {words}',
    spokeAgainst: 'Against it: {words}',
    noneDecided: 'No single word decided.',
    cutOff: 'The text is too long: its middle was not read.',
    chart: '{brand}: {posts} posts from {from} to {to}, {share} negative, {alerts} alerts',
    readout:
      '{from} – {to}: {posts} posts, {negative} negative ({share}), {neutral} neutral, {positive} positive',
    incomplete: 'records were lost',
    hint: 'Point at the chart or move the slider to read one window.',
    cursor: 'Window to read',
    shareAxis: 'negative share, over {time}',
    connecting: 'Connecting…',
    live: 'Live: counted up to {time}',
    quiet: 'Connected; nothing new since {time}',
    empty: 'Connected; no posts counted yet',
    rebuilding: 'Figures are being counted again, {left} results left; alerts wait',
    stale: 'Not connected. Figures as of {time}; trying again',
    counted: '{counted} posts counted, {left} left out',
    leftOut: 'late {late}, future {future}, old {old}, duplicates {duplicates}, lost {gaps}',
  },
  zh: {
    skip: '跳到图表',
    signIn: '登录',
    signOut: '退出登录',
    token: '本服务 API 的令牌',
    other: 'English',
    brands: '品牌',
    allBrands: '全部帖子',
    otherBrands: '未提及品牌',
    range: '时间范围',
    posts: '帖子',
    postsOf: '{posts} 条帖子',
    negative: '负面',
    neutral: '中性',
    positive: '正面',
    negativeShare: '负面占比',
    positiveShare: '正面占比',
    mood: '平均极性',
    firing: '进行中的告警',
    alert: '告警',
    alerts: '告警',
    noAlerts: '没有告警。',
    noWindows: '这段时间还没有已关闭的窗口。',
    yourName: '您的姓名',
    acknowledge: '确认',
    acknowledged: '{by} 已于 {time} 确认',
    stateFiring: '进行中',
    stateResolved: '已于 {time} 恢复',
    alertSaid: '{observed} 条，预期 {expected} 条；负面占 {share}，平时为 {usual}。',
    livePosts: '实时帖子',
    noPosts: '正在等待帖子。',
    noText: '不保留原文；关键词：{terms}',
    noTerms: '不保留原文。',
    open: '打开',
    pause: '暂停',
    skipped: '另有 {count} 条',
    scoreTitle: '试评一段文字',
    scoreLabel: '任意文字，模型支持的任何语言',
    scoreButton: '评分',
    scoring: '正在评分…',
    scored: '{label}，把握 {confidence}',
    language: '语言 {language}',
    why: '为什么？',
    spokeFor: '支持{label}：{words}',
    spokeAgainst: '不支持：{words}',
    noneDecided: '没有哪个词单独起决定作用。',
    cutOff: '文字过长，中间部分未被读取。',
    chart: '{brand}：{from} 至 {to} 共 {posts} 条帖子，负面占 {share}，{alerts} 次告警',
    readout: '{from} – {to}：{posts} 条，负面 {negative}（{share}），中性 {neutral}，正面 {positive}',
    incomplete: '有记录丢失',
    hint: '指向图表或移动滑块，可阅读单个窗口。',
    cursor: '要阅读的窗口',
    shareAxis: '负面占比（每 {time}）',
    connecting: '正在连接…',
    live: '实时：已统计到 {time}',
    quiet: '已连接；{time} 之后没有新数据',
    empty: '已连接；尚未统计到帖子',
    rebuilding: '正在重新统计，剩余 {left} 条结果；告警暂停',
    stale: '未连接。数据截至 {time}；正在重试',
    counted: '已统计 {counted} 条，未计入 {left} 条',
    leftOut: '迟到 {late}，未来 {future}，过旧 {old}，重复 {duplicates}，丢失 {gaps}',
  },
};

const KEPT = 'sentiflux.language';
const wanted = localStorage.getItem(KEPT) ?? navigator.language;
let language = wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
let formats = makeFormats();

function makeFormats() {
  const locale =
    language === 'zh' ? 'zh-CN' : navigator.language.startsWith('en') ? navigator.language : 'en';
  const of = (options) => new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options });
  return {
    count: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
    compact: new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }),
    share: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }),
    signed: new Intl.NumberFormat(locale, {
      signDisplay: 'exceptZero',
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    }),
    seconds: new Intl.NumberFormat(locale, { style: 'unit', unit: 'second' }),
    minutes: new Intl.NumberFormat(locale, { style: 'unit', unit: 'minute', unitDisplay: 'short' }),
    second: of({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    minute: of({ hour: '2-digit', minute: '2-digit' }),
    day: of({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
  };
}

/** A sentence in the reader's language, with values in the places of `{name}`. */
export function say(key, values = {}) {
  return WORDS[language][key].replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const count = (value) => formats.count.format(value);
export const compact = (value) => formats.compact.format(value);
export const signed = (value) => formats.signed.format(value);
/** A part of a whole in percent; a dash where there is no whole. */
export const share = (part, whole) => (whole > 0 ? formats.share.format(part / whole) : '–');

/** @param {number} millis */
export const duration = (millis) =>
  millis < 60_000 ? formats.seconds.format(millis / 1_000) : formats.minutes.format(millis / 60_000);

/** @param {number} time milliseconds since the epoch @param {'second' | 'minute' | 'day'} detail */
export const clockTime = (time, detail = 'second') => formats[detail].format(time);

/** A brand's name; the two built-in ones are named here. */
export function brandName({ id, name }) {
  return id === '_all' ? say('allBrands') : id === '_other' ? say('otherBrands') : name;
}

/** Puts the words of the reader's language into the page. */
export function translatePage() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const place of document.querySelectorAll('[data-word]')) place.textContent = say(place.dataset.word);
  for (const place of document.querySelectorAll('[data-word-label]')) {
    place.setAttribute('aria-label', say(place.dataset.wordLabel));
  }
}

/** Changes to the other language, and remembers it. */
export function changeLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem(KEPT, language);
  formats = makeFormats();
  translatePage();
}
