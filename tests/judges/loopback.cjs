// Loaded before the Agents Playground, which has no option for it: listens on this machine only.
const net = require("node:net");

const { listen } = net.Server.prototype;

net.Server.prototype.listen = function onLoopback(first, ...others) {
  const named = typeof others[0] === "string";
  const rest = typeof first === "number" && !named ? ["127.0.0.1", ...others] : others;
  return listen.call(this, first, ...rest);
};
