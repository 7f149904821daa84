// PostGraphile 5.1 names Node 22; what it uses of it and Debian's Node 20 lacks is this.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};
