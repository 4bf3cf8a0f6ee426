import { bringUpToDate, element, shareBar, svg, updateShareBar } from './dom.js';
import { brandName, compact, say, share } from './words.js';

const SPARK_POINTS = 40;

/**
 * The brands to choose from: name, posts, shares and how the posts came over time.
 *
 * @param {Element} list
 * @param {{ brands: object[], chosen: string, firing: Set<string>, choose: (id: string) => void }} view
 */
export function showBrands(list, { brands, chosen, firing, choose }) {
  bringUpToDate(list, brands, {
    key: ({ id }) => id,
    create({ id }) {
      const path = svg('path');
      const button = element(
        'button',
        { type: 'button' },
        element('span', { class: 'name', dir: 'auto' }),
        element('span', { class: 'number' }),
        svg(
          'svg',
          { class: 'spark', viewBox: '0 0 100 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
          path,
        ),
        shareBar(),
      );
      button.addEventListener('click', () => choose(id));
      return element('li', {}, button);
    },
    update(made, brand) {
      const [button] = made.children;
      const [name, number, spark, bar] = button.children;
      button.setAttribute('aria-current', String(brand.id === chosen));
      name.textContent = brandName(brand);
      name.classList.toggle('firing', firing.has(brand.id));
      const [posts, negative] = [compact(brand.posts), share(brand.negative, brand.posts)];
      number.replaceChildren(
        `${posts} · ${negative}`,
        element('span', { class: 'unseen' }, ` ${say('negative')}`),
      );
      button.title = `${name.textContent}: ${say('postsOf', { posts })}, ${negative} ${say('negative')}`;
      spark.firstElementChild.setAttribute('d', sparkline(brand.postsByWindow));
      updateShareBar(bar, brand);
    },
  });
}

/** A path 100 wide and 20 high; many windows are summed into fewer points. */
function sparkline(posts) {
  const size = Math.max(1, Math.ceil(posts.length / SPARK_POINTS));
  const points = [];
  for (let i = 0; i < posts.length; i += size) {
    points.push(posts.slice(i, i + size).reduce((sum, value) => sum + value, 0));
  }
  const most = Math.max(1, ...points);
  const step = 100 / Math.max(1, points.length - 1);
  return points
    .map(
      (value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(19 - (18 * value) / most).toFixed(1)}`,
    )
    .join('');
}
