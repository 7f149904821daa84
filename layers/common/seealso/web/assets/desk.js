// What the desk does beyond HTML. Nothing here is needed to do the work.

// Signing in: on to where the issuer's session ends, which a form's answer must not do by itself.
document.querySelector("a[data-follow]")?.click();
