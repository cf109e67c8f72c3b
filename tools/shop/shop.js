window.Shopify = { routes: { root: '/' } };
function agree(yes) {
  document.cookie = 'consent=' + (yes ? 'yes' : 'no') + ';path=/;SameSite=Lax';
  if (window.laurel) laurel.consent(yes);
  document.getElementById('ask').hidden = true;
}
