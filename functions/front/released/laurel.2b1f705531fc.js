(function () {
var doc = document, script = doc.currentScript, data = (script && script.dataset) || {};
var click = '', fresh = '', via = '', allowed = data.consent !== 'required', name = 'laurel_click';
function quietly(act) { try { return act(); } catch (e) { return ''; } }
function ignore() {}
function isClick(id) { return /^clk_\w{26}$/.test(id); }
function all(selector, act) { [].forEach.call(doc.querySelectorAll(selector), act); }
function read(key) {
return quietly(function () { return (('; ' + doc.cookie).split('; ' + key + '=')[1] || '').split(';')[0]; });
}
function write(key, value, gone) {
quietly(function () {
doc.cookie = key + '=' + value + ';path=/;max-age=' + (gone ? 0 : Math.min(parseInt(data.days) || 30, 366) * 86400) + ';SameSite=Lax' +
(location.protocol === 'https:' ? ';Secure' : '');
});
}
function visitor() {
var key = 'laurel_visitor', id = read(key) || crypto.getRandomValues(new Uint32Array(4)).join('-');
write(key, id);
return id;
}
function keep(id) {
if (id !== read(name)) write(name, id);
click = id;
carry();
cart();
}
function carry() {
quietly(function () {
if (click) all('form.woocommerce-checkout', function (form) {
if (form.querySelector('[name=' + name + ']')) return;
form.insertAdjacentHTML('beforeend', '<input type=hidden name=' + name + '>');
});
all('input[name=' + name + ']', function (field) { field.value = click; });
if (!click) return;
all('a[href*=".stripe.com/"]', function (link) {
if (!/^(buy|book|donate)\.stripe\.com$/.test(link.hostname) || /[?&]client_reference_id=/.test(link.search)) return;
link.search += (link.search ? '&' : '?') + 'client_reference_id=' + click;
});
all('stripe-buy-button,stripe-pricing-table', function (element) {
if (!element.hasAttribute('client-reference-id')) element.setAttribute('client-reference-id', click);
});
});
}
function cart() {
quietly(function () {
if (!window.Shopify) return;
var root = (window.Shopify.routes && window.Shopify.routes.root) || '/';
fetch(root + 'cart.js').then(function (r) { return r.json(); }).then(function (c) {
var has = (c.attributes || {})[name] || '';
if (has !== click) return fetch(root + 'cart/update.js', {
method: 'POST', headers: { 'Content-Type': 'application/json' },
body: '{"attributes":{"' + name + '":"' + click + '"}}'
});
}).catch(ignore);
});
}
function count() {
quietly(function () {
fetch(script.src.replace(/laurel[^/]*$/, '') + 'c/' + data.storefront, {
method: 'POST', credentials: 'omit', keepalive: true, body: JSON.stringify({ slug: via, visitor_id: visitor() })
}).then(function (r) { return r.json(); }).then(function (told) {
if (allowed && isClick(told.click_id)) keep(told.click_id);
}).catch(ignore);
});
}
function begin() {
if (fresh || click) keep(fresh || click);
if (via && !fresh && data.storefront) count();
}
window.laurel = {
click: function () { return click || null; },
consent: function (given) {
allowed = !!given;
if (given) return begin();
write(name, '', 1);
write('laurel_visitor', '', 1);
var had = click;
click = '';
carry();
if (had) cart();
}
};
quietly(function () {
var query = new URLSearchParams(location.search), id = query.get(name) || '';
if (isClick(id)) fresh = id;
via = query.get('via') || '';
});
if (isClick(read(name))) click = read(name);
if (allowed) begin(); else carry();
quietly(function () {
doc.addEventListener('click', carry, true);
doc.addEventListener('submit', carry, true);
});
})();
