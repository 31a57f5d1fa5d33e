// A client of Go's crypto/tls for go.t. Each argument of the form name=value sets
// something; what it saw comes out as JSON: one object for each connection.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

type seen struct {
	Version  string `json:"version"`
	Suite    string `json:"suite"`
	Resumed  bool   `json:"resumed"`
	Protocol string `json:"protocol"`
	Staple   int    `json:"staple"`
	Chain    int    `json:"chain"`
	Exporter string `json:"exporter"`
	Status   string `json:"status"`
	Bytes    int64  `json:"bytes"`
	Hash     string `json:"hash"`
	Error    string `json:"error"`
}

var versions = map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}
var groups = map[string]tls.CurveID{"X25519": tls.X25519, "P-256": tls.CurveP256,
	"P-384": tls.CurveP384, "P-521": tls.CurveP521}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func configure(options map[string]string) *tls.Config {
	config := &tls.Config{ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(8),
		MinVersion: tls.VersionTLS12}
	if path := options["ca"]; path != "" {
		pem, err := os.ReadFile(path)
		check(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	if path := options["cert"]; path != "" {
		pair, err := tls.LoadX509KeyPair(path, path)
		check(err)
		config.Certificates = []tls.Certificate{pair}
	}
	for _, name := range strings.Split(options["groups"], ":") {
		if id, known := groups[name]; known {
			config.CurvePreferences = append(config.CurvePreferences, id)
		}
	}
	if options["alpn"] != "" {
		config.NextProtos = strings.Split(options["alpn"], ",")
	}
	if options["version"] == "1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	if path := options["keylog"]; path != "" {
		file, err := os.Create(path)
		check(err)
		config.KeyLogWriter = file
	}
	return config
}

// Sends what is to be echoed while it reads it, or a request, and reads to the end.
func talk(conn *tls.Conn, options map[string]string, result *seen) error {
	hash := sha256.New()
	if size, _ := strconv.Atoi(options["echo"]); size > 0 {
		data := bytes.Repeat([]byte("all of this comes back, byte by byte\n"), size/37+1)[:size]
		sent := make(chan error, 1)
		go func() {
			_, err := conn.Write(data)
			sent <- err
		}()
		n, err := io.CopyN(hash, conn, int64(size))
		result.Bytes = n
		if err == nil {
			err = <-sent
		}
		want := sha256.Sum256(data)
		if err == nil && !bytes.Equal(hash.Sum(nil), want[:]) {
			err = fmt.Errorf("what came back is not what was sent")
		}
		return err
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", options["path"])
	answer, err := io.ReadAll(conn)
	head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	result.Status, _, _ = strings.Cut(string(head), "\r\n")
	result.Bytes = int64(len(body))
	hash.Write(body)
	result.Hash = hex.EncodeToString(hash.Sum(nil))
	return err
}

func connect(options map[string]string, config *tls.Config) (result seen) {
	conn, err := tls.Dial("tcp", options["connect"], config)
	if err != nil {
		result.Error = err.Error()
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	if err := talk(conn, options, &result); err != nil {
		result.Error = err.Error()
	}
	state := conn.ConnectionState()
	result.Version, result.Suite = versions[state.Version], tls.CipherSuiteName(state.CipherSuite)
	result.Resumed, result.Protocol = state.DidResume, state.NegotiatedProtocol
	result.Staple, result.Chain = len(state.OCSPResponse), len(state.PeerCertificates)
	if material, err := state.ExportKeyingMaterial("EXPORTER-test", nil, 20); err == nil {
		result.Exporter = strings.ToUpper(hex.EncodeToString(material))
	}
	return
}

func main() {
	options := map[string]string{"path": "/", "times": "1"}
	for _, argument := range os.Args[1:] {
		name, value, _ := strings.Cut(argument, "=")
		options[name] = value
	}
	config := configure(options)
	times, err := strconv.Atoi(options["times"])
	check(err)
	for i := 0; i < times; i++ {
		line, err := json.Marshal(connect(options, config))
		check(err)
		fmt.Println(string(line))
	}
}
