// A client of Node's tls for node.t: `node client.js name=value...`. What each connection
// saw comes out as a line of JSON. The session of one is offered by the next.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const tls = require("tls");

const options = { path: "/", times: "1" };
for (const argument of process.argv.slice(2)) {
    const at = argument.indexOf("=");
    options[argument.slice(0, at)] = argument.slice(at + 1);
}

function settings(session) {
    const set = { host: "127.0.0.1", port: Number(options.port), servername: "localhost", session };
    set.ca = fs.readFileSync(options.ca);
    if (options.cert) {
        set.cert = set.key = fs.readFileSync(options.cert);
    }
    if (options.alpn) {
        set.ALPNProtocols = options.alpn.split(",");
    }
    for (const name of ["ciphers", "ecdhCurve", "minVersion", "maxVersion"]) {
        if (options[name]) {
            set[name] = options[name];
        }
    }
    return set;
}

function visit(session) {
    return new Promise((resolve) => {
        const seen = { version: null, error: "", tickets: 0, bytes: 0 };
        const hash = crypto.createHash("sha256");
        const size = Number(options.echo || 0);
        let head = Buffer.alloc(0), inBody = size > 0, newest = session, sent;
        const socket = tls.connect(settings(session), () => {
            Object.assign(seen, { version: socket.getProtocol(), suite: socket.getCipher().name,
                resumed: socket.isSessionReused(), protocol: socket.alpnProtocol,
                group: (socket.getEphemeralKeyInfo() || {}).name || null });
            if (options.export) {
                seen.exporter = socket.exportKeyingMaterial(20, options.export, Buffer.alloc(0)).toString("hex").toUpperCase();
            }
            if (size > 0) {
                const data = crypto.randomBytes(size);
                sent = crypto.createHash("sha256").update(data).digest("hex");
                socket.write(data);
            } else {
                socket.write(`GET ${options.path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
            }
        });
        socket.setTimeout(60000, () => socket.destroy(new Error("it takes too long")));
        socket.on("session", (s) => {
            newest = s;
            seen.tickets++;
        });
        socket.on("data", (data) => {
            if (!inBody) {
                head = Buffer.concat([head, data]);
                const at = head.indexOf("\r\n\r\n");
                if (at < 0) {
                    return;
                }
                seen.status = head.toString("latin1", 0, head.indexOf("\r\n"));
                data = head.subarray(at + 4);
                inBody = true;
            }
            hash.update(data);
            seen.bytes += data.length;
            if (size > 0 && seen.bytes >= size) {
                socket.end();
            }
        });
        socket.on("error", (e) => {
            seen.error = e.code || e.message;
        });
        socket.on("close", () => {
            seen.hash = hash.digest("hex");
            seen.same = sent === undefined ? null : sent === seen.hash;
            console.log(JSON.stringify(seen));
            resolve(newest);
        });
    });
}

(async () => {
    let session;
    for (let i = Number(options.times); i > 0; i--) {
        session = await visit(session);
    }
})();
