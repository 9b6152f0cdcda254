package vltava.interop;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;

/** A group member in a process of its own, so that it can be killed: sockets close and nobody says goodbye. */
final class Member {
    private Member() {}

    public static void main(String[] arguments) {
        String topic = arguments[0];
        try (Consumer<String, String> consumer = Broker.consumer(GroupsTest.settings(arguments[1]))) {
            consumer.subscribe(List.of(topic));
            while (true) {
                consumer.poll(Duration.ofMillis(100));
            }
        }
    }

    static Process start(String topic, String group) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String java = ProcessHandle.current().info().command().orElse("java");
        return new ProcessBuilder(java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classPath, Member.class.getName(), topic, group)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
