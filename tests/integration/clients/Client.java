// A client of Java's TLS for java.t: `java Client.java name=value...`. What each
// connection saw comes out as a line of JSON.
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Client {
    static final char[] PASSWORD = "java".toCharArray();
    static final Map<String, String> options = new HashMap<>();

    static SSLContext context() throws Exception {
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        try (InputStream in = new FileInputStream(options.get("ca"))) {
            roots.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        KeyManagerFactory keys = null;
        if (options.containsKey("p12")) {
            KeyStore own = KeyStore.getInstance("PKCS12");
            try (InputStream in = new FileInputStream(options.get("p12"))) {
                own.load(in, PASSWORD);
            }
            keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD);
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ") + '"';
    }

    static void write(SSLSocket socket, byte[] data) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(data);
            out.flush();
        } catch (Exception e) {
            // The reader sees that something is missing.
        }
    }

    // Sends what is to be echoed while it reads it.
    static String echo(SSLSocket socket, int size) throws Exception {
        byte[] data = new byte[size];
        for (int i = 0; i < size; i++) {
            data[i] = (byte) (i * 31 >> 3);
        }
        Thread sender = new Thread(() -> write(socket, data));
        sender.start();
        byte[] back = socket.getInputStream().readNBytes(size);
        sender.join();
        return Arrays.equals(data, back) ? "same" : "different: " + back.length + " bytes";
    }

    static String fetch(SSLSocket socket, String path) throws Exception {
        write(socket, ("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        socket.getInputStream().transferTo(all);
        String text = all.toString(StandardCharsets.ISO_8859_1);
        byte[] body = text.substring(text.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
        return text.substring(0, text.indexOf("\r\n")) + " " + HexFormat.of().formatHex(digest);
    }

    static String visit(SSLContext context) {
        long began = System.currentTimeMillis();
        String name = "localhost";
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(options.get("port"))), 30000);
            plain.setSoTimeout(60000);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, name, plain.getPort(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (options.containsKey("protocols")) {
                parameters.setProtocols(options.get("protocols").split(","));
            }
            if (options.containsKey("suites")) {
                parameters.setCipherSuites(options.get("suites").split(","));
            }
            if (options.containsKey("alpn")) {
                parameters.setApplicationProtocols(options.get("alpn").split(","));
            }
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            String answer = options.containsKey("echo") ? echo(socket, Integer.parseInt(options.get("echo")))
                                                        : fetch(socket, options.getOrDefault("path", "/"));
            // A resumed session keeps the time at which it was made.
            boolean resumed = socket.getSession().getCreationTime() < began;
            return "{\"version\": " + quoted(socket.getSession().getProtocol())
                + ", \"suite\": " + quoted(socket.getSession().getCipherSuite()) + ", \"resumed\": " + resumed
                + ", \"protocol\": " + quoted(socket.getApplicationProtocol())
                + ", \"chain\": " + socket.getSession().getPeerCertificates().length
                + ", \"answer\": " + quoted(answer) + ", \"error\": \"\"}";
        } catch (Exception e) {
            return "{\"error\": " + quoted(e.toString()) + "}";
        }
    }

    public static void main(String[] args) throws Exception {
        for (String arg : args) {
            int at = arg.indexOf('=');
            options.put(arg.substring(0, at), arg.substring(at + 1));
        }
        if (options.containsKey("groups")) {
            System.setProperty("jdk.tls.namedGroups", options.get("groups"));
        }
        SSLContext context = context();
        for (int i = Integer.parseInt(options.getOrDefault("times", "1")); i > 0; i--) {
            System.out.println(visit(context));
            Thread.sleep(20);
        }
    }
}
