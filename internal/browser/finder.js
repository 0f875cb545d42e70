// Finds things on a page as a person does: by what stands on them or beside
// them. It is put before each question that a test asks of a page.
const plain = s => (s || '').replace(/\s+/g, ' ').trim();
const shown = e => e.checkVisibility ? e.checkVisibility({visibilityProperty: true}) : true;
const nameOf = e => {
  const label = e.getAttribute('aria-label');
  if (label) return plain(label);
  const by = e.getAttribute('aria-labelledby');
  if (by) return plain(by.split(' ').map(i => (document.getElementById(i) || {}).textContent).join(' '));
  if (e.labels && e.labels.length) {
    const words = e.labels[0].querySelector('span');
    return plain((words || e.labels[0]).textContent);
  }
  return plain(e.textContent || e.value);
};
const kinds = {button: 'button, input[type=submit], summary', link: 'a[href]', field: 'input:not([type=hidden]), select, textarea'};
const find = thing => {
  const all = [...document.querySelectorAll(kinds[thing.role] || thing.role)].filter(shown);
  const named = thing.name ? all.filter(e => nameOf(e) === thing.name || plain(e.textContent) === thing.name) : all;
  if (!thing.within) return named[0];
  // The one whose surroundings have the words the soonest.
  const far = e => {
    let steps = 0;
    for (let at = e.parentElement; at; at = at.parentElement, steps++) if (plain(at.textContent).includes(thing.within)) return steps;
    return Infinity;
  };
  const [best] = named.map(e => [far(e), e]).filter(([d]) => d < Infinity).sort((x, y) => x[0] - y[0]);
  return best && best[1];
};
// The middle of a thing, when a click there would meet it; else why not.
const point = e => {
  e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  const boxes = [...e.getClientRects()].filter(b => b.width && b.height);
  if (!boxes.length) return 'has no size';
  const b = boxes[0], x = b.left + b.width / 2, y = b.top + b.height / 2;
  const there = document.elementFromPoint(x, y);
  if (!there) return 'is outside of the window';
  if (e.contains(there) || there.contains(e) || (e.labels && [...e.labels].some(l => l.contains(there)))) return [x, y];
  return 'is covered by ' + there.outerHTML.slice(0, 120);
};
// Makes a field ready: 'type' when the value is to be typed, '' when it is done.
const fill = (e, value) => {
  if (e.disabled || e.readOnly) return 'cannot be changed';
  if (e.tagName === 'SELECT') {
    const option = [...e.options].find(o => plain(o.textContent) === value || o.value === value);
    if (!option) return 'has no choice ' + value + ' but ' + [...e.options].map(o => plain(o.textContent)).join(', ');
    e.value = option.value;
  } else if (e.type === 'checkbox' || e.type === 'radio') {
    e.checked = value !== '';
  } else if (['date', 'datetime-local', 'number', 'time'].includes(e.type)) {
    e.value = value;
  } else {
    e.focus();
    e.select();
    if (value !== '') return 'type';
    e.value = '';
  }
  e.dispatchEvent(new Event('input', {bubbles: true}));
  e.dispatchEvent(new Event('change', {bubbles: true}));
  return '';
};
const sees = words => {
  const low = s => plain(s).toLowerCase();
  return low(document.body ? document.body.innerText : '').includes(low(words));
};
