// Numbers as people read them.

// Four significant digits, as Python's format(x, ".4g") has them.
function show(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [digits, power] = rounded(Math.abs(x));
  const sign = x < 0 ? "-" : "";
  if (power < -4 || power >= 4) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return sign + trimmed(`${digits[0]}.${digits.slice(1)}`) + (power < 0 ? "e-" : "e+") + size;
  }
  if (power < 0) return sign + trimmed(`0.${"0".repeat(-power - 1)}${digits}`);
  return sign + trimmed(`${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`);
}

// The four digits and the power of ten of the first; halves go to the even digit, as in Python.
function rounded(size) {
  const [exact, power] = size.toExponential(30).split("e");
  const [near, rise] = size.toExponential(3).split("e");
  const rest = exact.slice(5);
  if (/^50*$/.test(rest)) {
    const down = exact.slice(0, 5).replace(".", "");
    if (Number(down[3]) % 2 === 0) return [down, Number(power)];
  }
  return [near.replace(".", ""), Number(rise)];
}

function trimmed(text) {
  return text.replace(/\.?0*$/, "");
}

// The same, in brackets where a sign before it would be misread.
function signed(x) {
  const text = show(x);
  return text.startsWith("-") ? `(${text})` : text;
}

// How large among the others, from 0 to 1: less by a third for every power of ten.
function weight(size, largest) {
  if (!(size > 0)) return 0;
  if (size === Infinity) return 1;
  return Math.min(1, Math.max(0, 1 - Math.log10(largest / size) / 3));
}

function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}
