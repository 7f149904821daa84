// What the desk does beyond HTML. Nothing here is needed to do the work.
