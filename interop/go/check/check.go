// Package check holds what the suites of both clients share: the broker's address, fresh names, and waiting for what
// becomes true after a while.
package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Limit is how long one test may take; Patience is how long one condition may take to become true.
const (
	Limit    = 60 * time.Second
	Patience = 30 * time.Second
)

var (
	run    = fmt.Sprintf("%x", time.Now().UnixMilli())
	serial atomic.Int64
)

// Bootstrap is the broker under test.
func Bootstrap(t *testing.T) string {
	t.Helper()
	address := os.Getenv("BOOTSTRAP")
	if address == "" {
		t.Fatal("BOOTSTRAP must name the broker, for example 127.0.0.1:9092")
	}
	return address
}

// Start gives a test its time limit. A client call that ignores the context and hangs ends the process with every stack.
func Start(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	bomb := time.AfterFunc(Limit+5*time.Second, func() { panic(t.Name() + " ignored its time limit") })
	t.Cleanup(func() {
		bomb.Stop()
		cancel()
	})
	return ctx
}

// Fresh is a name that no other test and no other run uses.
func Fresh(what string) string {
	return fmt.Sprintf("go-%s-%s-%d", what, run, serial.Add(1))
}

// OK fails the test on an error.
func OK(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Same fails the test when two values differ.
func Same[T comparable](t *testing.T, what string, want, got T) {
	t.Helper()
	if want != got {
		t.Fatalf("%s: want %v, got %v", what, want, got)
	}
}

// Eventually asks again and again until the answer is "" (nothing is missing); it fails with the last answer.
func Eventually(t *testing.T, what string, missing func() string) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		answer := missing()
		if answer == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s; last answer: %s", what, answer)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Lifeline dials for one client and can cut every connection it made, for good: the client dies without a goodbye.
type Lifeline struct {
	mutex       sync.Mutex
	connections []net.Conn
	cut         bool
}

// Dial opens a connection unless the line is cut.
func (l *Lifeline) Dial(network, address string) (net.Conn, error) {
	return l.DialContext(context.Background(), network, address)
}

// DialContext opens a connection unless the line is cut.
func (l *Lifeline) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.cut {
		return nil, errors.New("the line is cut")
	}
	connection, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	if err == nil {
		l.connections = append(l.connections, connection)
	}
	return connection, err
}

// Cut closes every connection and refuses new ones.
func (l *Lifeline) Cut() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.cut = true
	for _, connection := range l.connections {
		_ = connection.Close()
	}
}
