// Keeps a core at work until it is terminated.
for (let i = 0; ; i = (i + 1) | 0) Math.imul(i, i);
